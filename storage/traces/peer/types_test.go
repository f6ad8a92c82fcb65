package peer_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/traces/peer"
)

var update = flag.Bool("update", false, "rewrite testdata/types.json")

func TestServiceType(t *testing.T) {
	file, err := os.ReadFile("testdata/services.test")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(file)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		words, want, ok := strings.Cut(line, "-> ")
		if !ok {
			t.Fatalf("%q is no fixture", line)
		}
		got := peer.ServiceType(func(key string) string {
			for _, word := range strings.Fields(words) {
				if k, v, _ := strings.Cut(word, "="); k == key {
					return v
				}
			}
			return ""
		})
		if got != want {
			t.Errorf("%s: got %s", line, got)
		}
	}
}

// TestEveryTypeHasAFixtureAndARowInTheDocs holds the lists of types against each other: the recogniser's, which the page's glyphs are
// tested against (types.json), the fixtures' and the table's in docs/map.md.
func TestEveryTypeHasAFixtureAndARowInTheDocs(t *testing.T) {
	types := peer.Types()
	list, err := json.MarshalIndent(types, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	list = append(list, '\n')
	if *update {
		if err := os.WriteFile("testdata/types.json", list, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile("testdata/types.json"); err != nil || !bytes.Equal(kept, list) {
		t.Errorf("testdata/types.json is not what Types gives; see -update (%v)", err)
	}

	shown := map[string]bool{"client": true}
	for _, file := range []string{"peers.test", "hosts.test", "systems.test"} {
		fixtures(t, file, func(_ string, _ *peer.Input, want string) {
			typ, _, _ := strings.Cut(want, " ")
			shown[typ] = true
		})
	}
	services, err := os.ReadFile("testdata/services.test")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(services)) {
		if _, typ, ok := strings.Cut(strings.TrimSpace(line), "-> "); ok {
			shown[typ] = true
		}
	}
	guide, err := os.ReadFile("../../../docs/map.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, code := range regexp.MustCompile("`([^`\n]+)`").FindAllSubmatch(guide, -1) {
		told[string(code[1])] = true
	}
	for _, typ := range types {
		// A service of AWS without a resource is one line of a table: TestServicesOfAWS tries them all.
		if service, ok := strings.CutPrefix(typ, "AWS::"); !shown[typ] && (!ok || strings.Contains(service, "::")) {
			t.Errorf("%s has no fixture", typ)
		}
		if !told[typ] {
			t.Errorf("docs/map.md does not name `%s`", typ)
		}
	}
	for typ := range told {
		if strings.Contains(typ, "::") && !strings.ContainsAny(typ, "<*") && typ != "Proxy::HAProxy" && !slices.Contains(types, typ) {
			t.Errorf("docs/map.md names `%s`, which is no type", typ)
		}
	}
}

func TestServicesOfAWS(t *testing.T) {
	known := 0
	for _, typ := range peer.Types() {
		service, ok := strings.CutPrefix(typ, "AWS::")
		if !ok || strings.Contains(service, "::") {
			continue
		}
		known++
		for _, spelling := range []string{service, "AWS" + service, "Amazon " + service, service + "Client"} {
			in := &peer.Input{}
			in.Reset(3, 0)
			in.SetString(peer.RPCSystem, "aws-api")
			in.SetString(peer.RPCService, spelling)
			if r := peer.Recognise(in); r.Type != typ || r.Name != service {
				t.Errorf("%s: got %s %s, want %s", spelling, r.Type, r.Name, typ)
			}
		}
	}
	if known < 60 {
		t.Errorf("only %d services", known)
	}
}

// overrides are those of overrides.test.
var overrides = []peer.Host{
	{Match: "pg-*.DB.internal.example", Type: "postgresql", Name: "orders-db"},
	{Match: "10.1.2.3:8123", Type: "Database::clickhouse"},
	{Match: "billing.mesh", Name: "invoices"},
	{Match: "*sessions*.cache.example", Name: "sessions"},
	{Match: "gate.example", Type: "Proxy::HAProxy"},
	{Match: "pg-7.*", Type: "mysql", Name: "never: the first entry that fits decides"},
}

func TestOverrides(t *testing.T) {
	for _, h := range overrides {
		if p := h.Problem(); p != "" {
			t.Errorf("%+v: %s", h, p)
		}
	}
	if peers(t, "overrides.test", overrides) < 10 {
		t.Error("too few fixtures")
	}
	for _, h := range []peer.Host{
		{}, {Match: "h"}, {Type: "mysql", Name: "x"}, {Match: "http://h/x", Name: "x"}, {Match: "h", Type: "frobdb"}, {Match: "h", Type: "::x"},
		{Match: "h", Type: "Database::my db"}, {Match: strings.Repeat("h", 2000), Name: "x"},
	} {
		if h.Problem() == "" {
			t.Errorf("%+v has no problem", h)
		}
	}
}

func TestOverridesOfACacheChange(t *testing.T) {
	var cache peer.Cache
	in := &peer.Input{}
	in.Reset(3, 0)
	in.SetString(peer.ServerAddress, "gate.example")
	if e := cache.Peer(in); e.Type != "remote" {
		t.Errorf("at first %s %s", e.Type, e.Name)
	}
	cache.SetHosts(overrides)
	first := cache.Peer(in)
	if first.Type != "Proxy::HAProxy" || first.Name != "gate.example" {
		t.Errorf("with the entry %s %s", first.Type, first.Name)
	}
	if cache.SetHosts(slices.Clone(overrides)); cache.Peer(in) != first {
		t.Error("the same entries made the cache forget")
	}
	if cache.SetHosts(nil); cache.Peer(in).Type != "remote" {
		t.Error("an entry outlived the configuration")
	}
}
