package timeline_test

import (
	"slices"
	"testing"

	"github.com/sightline/sightline/query/timeline"
	"github.com/sightline/sightline/storage/traces"
)

// structure is that of the first row of a trace of "depth name" lines.
func structure(lines ...string) timeline.Structure {
	var spans []traces.Span
	var above [10]traces.SpanID
	for i, line := range lines {
		depth := line[0] - '0'
		s := traces.Span{TraceID: traces.TraceID{15: 1}, SpanID: traces.SpanID(i + 1), Service: "shop", Name: line[2:], Start: epoch}
		if depth > 0 {
			s.ParentID = above[depth-1]
		}
		above[depth] = s.SpanID
		spans = append(spans, s)
	}
	return timeline.Build(spans, timeline.Options{}).Structure(0)
}

func TestStructureFoldsRepeatsAndKnowsParents(t *testing.T) {
	plain := structure("0 buy", "1 cart", "2 sql", "1 pay")
	if !slices.Equal(plain, structure("0 buy", "1 pay", "1 cart", "2 sql", "2 sql", "1 cart", "2 sql")) {
		t.Error("order and repeats matter")
	}
	for _, other := range []timeline.Structure{
		structure("0 buy", "1 cart", "1 pay"), structure("0 buy", "1 cart", "1 pay", "2 sql"), structure("0 sell", "1 cart", "2 sql", "1 pay"),
		structure("0 buy", "1 cart", "2 sql", "1 pay", "1 mail"),
	} {
		if slices.Equal(plain, other) {
			t.Error("another structure is the same")
		}
	}
}

func TestUsualStructureIsThatOfMost(t *testing.T) {
	hit, miss, odd := structure("0 get", "1 cache"), structure("0 get", "1 cache", "1 sql"), structure("0 get", "1 other")
	u := timeline.UsualOf([]timeline.Structure{odd, miss, hit, miss, hit, miss})
	if !slices.Equal(u.Structure, miss) || !slices.Equal(u.Alike, []int{1, 3, 5}) || u.Kinds != 3 || !u.Common {
		t.Errorf("%+v", u)
	}
	if u = timeline.UsualOf([]timeline.Structure{odd}); !u.Common || u.Kinds != 1 {
		t.Errorf("the only one: %+v", u)
	}
}

func TestUsualStructureOfManyThatDifferIsInTheirMiddle(t *testing.T) {
	var all []timeline.Structure
	for _, id := range []string{"1 a", "1 b", "1 c", "1 d", "1 e"} { // each names what it does by an id
		all = append(all, structure("0 get", "1 auth", "1 sql", id, "1 more"+id))
	}
	all = append(all, structure("0 get", "1 auth", "1 sql"))
	u := timeline.UsualOf(all)
	if u.Common || !slices.Equal(u.Alike, []int{5}) || u.Kinds != 6 {
		t.Errorf("%+v", u)
	}
}
