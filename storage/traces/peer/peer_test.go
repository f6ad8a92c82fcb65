package peer_test

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/traces/peer"
)

var classNames = [...]string{"ok", "error", "throttle", "fault"}

var kinds = map[string]int32{"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}

// fixtures reads the lines of a file: what is known of a span, and what is to be recognised.
func fixtures(t *testing.T, file string, each func(at string, in *peer.Input, want string)) {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		span, want, ok := strings.Cut(line, "-> ")
		words := strings.Fields(span)
		if !ok || kinds[words[0]] == 0 {
			t.Fatalf("%s:%d: %q is no fixture", file, n, line)
		}
		in := &peer.Input{}
		in.Reset(kinds[words[0]], 0)
		for _, w := range words[1:] {
			key, value, _ := strings.Cut(w, "=")
			value = strings.ReplaceAll(value, "~", " ")
			number, err := strconv.ParseInt(value, 10, 64)
			switch slot := peer.SlotOf([]byte(key)); {
			case key == "STATUS":
				in.Status = int32(number)
			case key == "MESSAGE":
				in.Message = value
			case slot == peer.NoSlot:
			case err == nil:
				in.SetInt(slot, number)
			case value == "true":
				in.Set(slot, peer.Value{Type: peer.Bool, Int: 1})
			default:
				in.SetString(slot, strings.Trim(value, `"`))
			}
		}
		each(file+":"+strconv.Itoa(n), in, want)
	}
}

func TestPeers(t *testing.T) {
	for _, file := range []string{"peers.test", "hosts.test", "systems.test"} {
		if n := peers(t, file, nil); n < 100 {
			t.Errorf("%s: %d fixtures only", file, n)
		}
	}
}

// peers tries a file's fixtures with the operator's word on hosts.
func peers(t *testing.T, file string, of []peer.Host) (n int) {
	var cache peer.Cache
	cache.SetHosts(of)
	fixtures(t, file, func(at string, in *peer.Input, want string) {
		n++
		r := peer.Recognise(in, of...)
		got := strings.TrimSpace(r.Type + " " + r.Name)
		if got == "" {
			got = "none"
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", at, got, want)
		}
		if peer.HasPeer(in.Kind) {
			for range 2 {
				if e := cache.Peer(in); e.Type != r.Type || e.Name != r.Name {
					t.Errorf("%s: the cache says %s %s", at, e.Type, e.Name)
				}
			}
		}
	})
	return n
}

func TestClasses(t *testing.T) {
	fixtures(t, "classes.test", func(at string, in *peer.Input, want string) {
		if got := classNames[peer.Classify(in)]; got != want {
			t.Errorf("%s: got %s, want %s", at, got, want)
		}
	})
}

// TestCacheForgetsWhatDoesNotCount holds the cache to what it is for: spans that differ only in what decides nothing share an entry.
func TestCacheForgetsWhatDoesNotCount(t *testing.T) {
	var cache peer.Cache
	same := func(set ...func(in *peer.Input, i int)) bool {
		var first *peer.Entry
		for i := range 3 {
			in := &peer.Input{}
			in.Reset(3, 0)
			for _, s := range set {
				s(in, i)
			}
			if e := cache.Peer(in); first == nil {
				first = e
			} else if e != first {
				return false
			}
		}
		return true
	}
	host := func(name string) func(*peer.Input, int) {
		return func(in *peer.Input, _ int) { in.SetString(peer.ServerAddress, name) }
	}
	unique := func(slot peer.Slot, prefix string) func(*peer.Input, int) {
		return func(in *peer.Input, i int) { in.SetString(slot, prefix+strconv.Itoa(i)) }
	}
	if !same(host("cart"), unique(peer.URLFull, "http://cart/items?id=")) || !same(unique(peer.URLFull, "http://cart/items?id=")) {
		t.Error("URLs that differ in path or query have entries of their own")
	}
	if !same(host("cart"), unique(peer.PeerAddress, "10.0.0.")) {
		t.Error("addresses of sockets have entries of their own, though the host is named")
	}
	if !same(func(in *peer.Input, i int) { in.SetString(peer.RPCService, "s") }, unique(peer.RPCMethod, "m")) {
		t.Error("methods have entries of their own, though the service is named")
	}
	if same(unique(peer.PeerAddress, "10.0.0.")) || same(unique(peer.URLFull, "https://s3.eu-west-1.amazonaws.com/bucket")) || same(unique(peer.DBSystem, "x")) {
		t.Error("evidence that counts is overlooked")
	}
}

func TestWeight(t *testing.T) {
	f := func(state string, attr *peer.Value, want float64) {
		t.Helper()
		in := &peer.Input{}
		if attr != nil {
			in.Set(peer.AdjustedCount, *attr)
		}
		if got := peer.Weight(state, in); math.Abs(got-want) > 1e-9*want {
			t.Errorf("Weight(%q, %v) = %v, want %v", state, attr, got, want)
		}
	}
	f("", nil, 1)
	f("vendor=x", nil, 1)
	f("ot=th:0", nil, 1)
	f("ot=th:8", nil, 2)
	f("ot=th:c", nil, 4)
	f("ot=th:fd70a3d70a3d71", nil, 100)
	f("ot=th:ffffffffffffff", nil, 1<<56)
	f("a=b, ot=rv:abcdef01234567;th:c ,c=d", nil, 4)
	f("ot=p:3;r:7", nil, 8)
	f("ot=p:0", nil, 1)
	f("ot=p:63", nil, 0)
	f("ot=p:64", nil, 1)
	f("ot=p:", nil, 1)
	f("ot=th:", nil, 1)
	f("ot=th:C", nil, 1)
	f("ot=th:ffffffffffffff0", nil, 1)
	f("xot=th:c", nil, 1)
	f("", &peer.Value{Type: peer.Int, Int: 10}, 10)
	f("", &peer.Value{Type: peer.Float, Num: 2.5}, 2.5)
	f("", &peer.Value{Type: peer.Float, Num: 0}, 0)
	f("", &peer.Value{Type: peer.Int, Int: -1}, 1)
	f("", &peer.Value{Type: peer.Float, Num: math.NaN()}, 1)
	f("", &peer.Value{Type: peer.Float, Num: math.Inf(1)}, 1)
	f("", &peer.Value{Type: peer.String, Str: "10"}, 1)
	f("ot=th:8", &peer.Value{Type: peer.Int, Int: 10}, 2)
	f("ot=rv:1", &peer.Value{Type: peer.Int, Int: 10}, 10)
}

// FuzzRecognise wants an answer to anything, and the same one from the cache.
func FuzzRecognise(f *testing.F) {
	f.Add(uint8(3), uint8(20), "postgresql", uint8(30), "pg")
	f.Add(uint8(3), uint8(33), "https://s3.eu-west-1.amazonaws.com/b/c", uint8(30), "x.y.amazonaws.com")
	f.Fuzz(func(t *testing.T, kind, slot1 uint8, value1 string, slot2 uint8, value2 string) {
		in := &peer.Input{}
		in.Reset(int32(kind%6), int32(kind%3))
		for _, s := range []struct {
			slot  uint8
			value string
		}{{slot1, value1}, {slot2, value2}} {
			if s.slot = s.slot%55 + 1; s.slot < 50 {
				in.SetString(peer.Slot(s.slot), s.value)
			}
		}
		r := peer.Recognise(in)
		if (r.Name == "") != (r.Type == "") {
			t.Errorf("type %q, name %q", r.Type, r.Name)
		}
		if w := peer.Weight(value1, in); w < 0 || math.IsNaN(w) || math.IsInf(w, 0) {
			t.Errorf("Weight(%q) = %v", value1, w)
		}
		var cache peer.Cache
		if e := cache.Peer(in); peer.HasPeer(in.Kind) && len(r.Name) < 1000 && len(r.Type) < 1000 &&
			(e.Name != strings.ToValidUTF8(r.Name, "\uFFFD") || e.Type != strings.ToValidUTF8(r.Type, "\uFFFD")) {
			t.Errorf("the cache says %q %q, not %q %q", e.Type, e.Name, r.Type, r.Name)
		}
	})
}

func BenchmarkPeer(b *testing.B) {
	in := &peer.Input{}
	in.Reset(3, 0)
	in.SetString(peer.DBSystem, "postgresql")
	in.SetString(peer.DBNamespace, "shop")
	in.SetString(peer.ServerAddress, "postgresql")
	in.SetInt(peer.ServerPort, 5432)
	in.SetString(peer.PeerAddress, "10.2.3.4")
	var cache peer.Cache
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			cache.Peer(in)
		}
	})
	b.Run("pure", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			peer.Recognise(in)
		}
	})
}
