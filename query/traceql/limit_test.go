package traceql_test

import (
	"testing"
	"time"

	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

func TestTimeLimitEndsASearch(t *testing.T) {
	db := storagetest.Open(t)
	loaded := storagetest.Load(t, db, "load\n  trace 1 at 0ms\n    front get 0ms 100ms server\n")
	query, err := traceql.Parse("{} > {}")
	if err != nil {
		t.Fatal(err)
	}
	found, err := traceql.New(traces.NewReader(db)).Search(t.Context(), traceql.Request{Project: "default", From: loaded.Base, To: loaded.Base.Add(time.Hour), Query: query, TimeLimit: time.Nanosecond})
	if err != nil || found.Incomplete != traces.ReasonTimeLimit || len(found.Traces) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}
