package traces_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestWholesAreWhatWholeGives(t *testing.T) {
	db := storagetest.Open(t)
	script := "load\n"
	var ids []traces.TraceID
	for i := byte(1); i <= 70; i++ { // more than two chunks
		script += "  trace " + string('0'+i/10) + string('0'+i%10) + " at " + string('0'+i/10) + "s\n    front get 0ms 100ms server\n      cart put 10ms 20ms client\n"
	}
	loaded := storagetest.Load(t, db, script)
	r := traces.NewReader(db)
	r.SetNow(loaded.Base.Add(1))
	page, err := r.Search(t.Context(), traces.SearchQuery{Project: "default", TimeLimit: patience, Range: traces.Range{From: loaded.Base, To: loaded.Base.Add(60e9)}, Limit: 100})
	if err != nil || len(page.Traces) != 70 {
		t.Fatalf("%d traces, %v", len(page.Traces), err)
	}
	for _, s := range page.Traces {
		ids = append(ids, s.TraceID)
	}
	ids = append(ids, traces.TraceID{5: 5}, ids[3]) // one that is not there, and one twice
	found, all, err := r.Wholes(t.Context(), "default", ids, 1000)
	if err != nil || !all || len(found) != len(ids) {
		t.Fatalf("%d of %d, all %v, %v", len(found), len(ids), all, err)
	}
	for i, id := range ids {
		want, err := r.Whole(t.Context(), "default", id, traces.Range{})
		if err != nil && !errors.Is(err, traces.ErrNotFound) {
			t.Fatal(err)
		}
		if len(want) != len(found[i]) || len(want) > 0 && !reflect.DeepEqual(want, found[i]) {
			t.Errorf("trace %d: %+v, want %+v", i, found[i], want)
		}
	}
	found, all, err = r.Wholes(t.Context(), "default", ids, 1)
	if err != nil || all || len(found[0]) == 0 || len(found[40]) > 0 {
		t.Errorf("past the limit: %d and %d spans, all %v, %v", len(found[0]), len(found[40]), all, err)
	}
}
