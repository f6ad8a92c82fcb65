package query_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/query/traceapi"
)

// rules keeps retention in memory; the program's, with its file, is tested where the program is put together.
type rules struct {
	set      query.RetentionSettings
	revision int64
	by       string
}

func (r *rules) Retention(context.Context) (query.RetentionView, error) {
	changed := now.Add(-time.Hour)
	return query.RetentionView{
		Revision: r.revision, Changed: &changed, By: r.by, MaxClasses: 8, Classes: []int{3, 7, 14, 30},
		Signals: []query.RetentionValue{
			{Signal: "traces", Days: 3, From: "here", Without: 7}, {Signal: "logs", Days: 7, From: "default", Without: 7},
			{Signal: "metrics", Days: 30, From: "file", Name: "sightline.yaml", Without: 30}, {Signal: "rollups", Days: 90, From: "environment", Name: "SIGHTLINE_RETENTION_ROLLUPS", Without: 90},
		},
		Services: []query.ServiceRetention{
			{Service: "payments", Values: []query.RetentionValue{{Signal: "traces", Days: 30, From: "file", Name: "sightline.yaml", Without: 30}}},
			{Service: "web", Values: []query.RetentionValue{{Signal: "logs", Days: 14, From: "here", Without: 0}}},
		},
		Set: r.set,
	}, nil
}

func (r *rules) ChangeRetention(ctx context.Context, c query.RetentionChange, by string, dry bool) (query.RetentionView, error) {
	if c.Revision != r.revision {
		return query.RetentionView{}, fmt.Errorf("change: %w", query.ErrRevision)
	}
	if c.Set.Signals["traces"] == 4000 {
		return query.RetentionView{}, query.RetentionProblems{"retention.traces: too long", "and more"}
	}
	if !dry {
		r.set, r.by = c.Set, by
		r.revision++
	}
	v, err := r.Retention(ctx)
	v.Drops = []query.RetentionDrop{{Signal: "traces", ClassDays: 7, KeepDays: 3, Partitions: 6, Rows: 1_200_000, Bytes: 68 << 20, Oldest: "2026-04-27", Newest: "2026-04-30"}}
	v.Held = []query.RetentionHeld{{Signal: "logs", Since: now.Add(-2 * time.Hour), Partitions: 9, Bytes: 900, Of: 1000}}
	return v, err
}

func put(target, body string) *http.Request {
	r := post(target, body)
	r.Method = "PUT"
	return r
}

func TestRetentionAnswersAsTheContractSays(t *testing.T) {
	c := openContract(t)
	in := &rules{revision: 3, set: query.RetentionSettings{Signals: map[string]int{"traces": 3}, Services: map[string]map[string]int{"web": {"logs": 14}}}}
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Retention = in })
	f := func(r *http.Request, status int, want string) {
		t.Helper()
		w := do(srv, r)
		if w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s = %d %s, want %d with %s", r.Method, r.URL, w.Code, w.Body, status, want)
		}
		c.check(t, r, w)
	}
	f(request("GET", "/api/retention"), 200, `"from":"environment"`)
	r := put("/api/retention?dry_run=true", `{"revision":3,"set":{"signals":{"traces":3},"services":{"web":{"logs":14}}}}`)
	w := do(srv, r)
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	c.check(t, r, w)
	compareGolden(t, "retention", w.Body.Bytes())
	if in.revision != 3 {
		t.Error("a dry run has changed something")
	}
	f(put("/api/retention", `{"revision":2,"set":{"signals":{},"services":{}}}`), 409, "conflict")
	f(put("/api/retention", `{"revision":3,"set":{"signals":{"traces":4000},"services":{}}}`), 400, "too long; and more")
	f(put("/api/retention", `{"revision":3,"days":4}`), 400, "the body is not")
	f(put("/api/retention?dry_run=perhaps", `{}`), 400, "bad_parameter")
	f(put("/api/retention", `{"revision":3,"set":{"signals":{"traces":2},"services":{}}}`), 200, `"revision":4`)
	if in.revision != 4 || in.set.Signals["traces"] != 2 {
		t.Errorf("%+v", in)
	}
	f(put("/api/retention", `{"x":"`+strings.Repeat("a", 70<<10)+`"}`), 413, "too_large")
	none := newServer(t, &shop{}, nil)
	if w := do(none, request("GET", "/api/retention")); w.Code != 404 || !strings.Contains(w.Body.String(), "where the collector runs") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestOnlyPeopleChangeRetention(t *testing.T) {
	change := `{"revision":0,"set":{"signals":{},"services":{}}}`
	in := &rules{}
	f := func(srv *query.Server, r *http.Request, status int, want string) {
		t.Helper()
		if w := do(srv, r); w.Code != status || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s %s = %d %s, want %d with %s", r.Method, r.URL, w.Code, w.Body, status, want)
		}
	}
	open := newServer(t, &shop{}, func(c *query.Config) { c.Retention = in })
	foreign := put("/api/retention", change)
	foreign.Header.Set("Origin", "https://evil.example")
	foreign.Header.Set("Sec-Fetch-Site", "cross-site")
	f(open, foreign, 403, "cross_origin")
	form := put("/api/retention", change)
	form.Header.Set("Content-Type", "text/plain")
	f(open, form, 400, "send application/json")
	bearer := put("/api/retention", change)
	bearer.Header.Set("Authorization", "Bearer sl_x")
	f(open, bearer, 403, "may not manage retention")
	reachable := newServer(t, &shop{}, func(c *query.Config) { c.Retention, c.Listen = in, "0.0.0.0:7070" })
	f(reachable, put("/api/retention", change), 403, "after a login")
	locked := newServer(t, &shop{}, func(c *query.Config) { c.Retention, c.Auth = in, &login{} })
	f(locked, put("/api/retention", change), 401, "login")
	f(locked, request("GET", "/api/retention"), 401, "login")
	if in.revision != 0 {
		t.Error("somebody changed it")
	}
}

// stored is what /api/status/storage answers.
func stored(context.Context, string) (traceapi.Storage, error) {
	full := 41.5
	looked := now.Add(-20 * time.Minute)
	return traceapi.Storage{
		Computed: now.Add(-8 * time.Second), WindowS: 3600,
		Signals: []traceapi.SignalStorage{
			{Signal: "traces", Items: 9_000_000, Bytes: 540 << 20, RetentionDays: 7, BytesPerDay: 180 << 20, Basis: "days", ProjectedBytes: 1260 << 20,
				Classes: []traceapi.ClassStorage{{Days: 7, Keep: 3, Bytes: 500 << 20, Oldest: "2026-05-01", Newest: "2026-05-04"}, {Days: 30, Keep: 30, Bytes: 40 << 20, Oldest: "2026-05-01", Newest: "2026-05-04"}},
				Days:    []traceapi.DayStorage{{Day: "2026-05-03", Items: 3_000_000, Bytes: 180 << 20}, {Day: "2026-05-04", Items: 1_500_000, Bytes: 90 << 20}}},
			{Signal: "logs", RetentionDays: 7, Basis: "none"}, {Signal: "metrics", RetentionDays: 30, Basis: "none"},
			{Signal: "rollups", Bytes: 12 << 20, RetentionDays: 90, BytesPerDay: 1 << 20, Basis: "days", ProjectedBytes: 90 << 20}, {Signal: "shared", Bytes: 40 << 10, Basis: "none"},
		},
		Tables:      []traceapi.TableStorage{{Table: "spans", Signal: "traces", Rows: 9_000_000, Bytes: 500 << 20, Parts: 12}},
		Disk:        &traceapi.Disk{FreeBytes: 60 << 30, TotalBytes: 100 << 30, ReserveBytes: 1 << 30, FullInDays: &full},
		Services:    []traceapi.ServiceArrivals{{Service: "web", Items: map[string]int64{"traces": 80_000, "logs": 1000}}, {Service: "checkout", Items: map[string]int64{"traces": 40_500, "logs": 12}}},
		DeadLetters: &traceapi.DeadLetters{File: "/var/lib/sightline/dead_letters.jsonl", Bytes: 2048, Letters: 1, Last: &traceapi.DeadLetter{Time: now.Add(-time.Hour), Signal: "traces", Reason: "engine_rejected", Error: "the engine refuses", Items: 3}},
		Dropping:    traceapi.Dropping{Looked: &looked, Partitions: 6, DroppedBytes: 68 << 20},
	}, nil
}

func TestStorageAnswersAsTheContractSays(t *testing.T) {
	c := openContract(t)
	srv := newServer(t, &shop{}, func(c *query.Config) { c.Traces.Storage = stored })
	r := request("GET", "/api/status/storage")
	w := do(srv, r)
	c.check(t, r, w)
	compareGolden(t, "storage", w.Body.Bytes())
	if w := do(srv, request("GET", "/api/status/storage?x=1")); w.Code != 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
