package traces_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// stored is a span as SQL gives it.
type stored struct {
	Project       string              `ch:"project"`
	Start         time.Time           `ch:"start"`
	TraceID       string              `ch:"trace_id"`
	SpanID        uint64              `ch:"span_id"`
	ParentID      uint64              `ch:"parent_id"`
	TraceState    string              `ch:"trace_state"`
	Flags         uint32              `ch:"flags"`
	Name          string              `ch:"name"`
	Kind          int32               `ch:"kind"`
	Duration      uint64              `ch:"duration"`
	Status        int32               `ch:"status"`
	Message       string              `ch:"status_message"`
	State         uint8               `ch:"state"`
	DroppedAttrs  uint32              `ch:"dropped_attrs"`
	DroppedEvents uint32              `ch:"dropped_events"`
	DroppedLinks  uint32              `ch:"dropped_links"`
	ResourceID    string              `ch:"resource_id"`
	Service       string              `ch:"service"`
	ServiceType   string              `ch:"service_type"`
	Namespace     string              `ch:"namespace"`
	Env           string              `ch:"env"`
	Version       string              `ch:"version"`
	ScopeName     string              `ch:"scope_name"`
	ScopeVersion  string              `ch:"scope_version"`
	ScopeURL      string              `ch:"scope_schema_url"`
	ScopeAttrs    map[string]string   `ch:"scope_attrs"`
	ScopeDropped  uint32              `ch:"scope_dropped_attrs"`
	Class         uint8               `ch:"class"`
	PeerType      string              `ch:"peer_type"`
	PeerName      string              `ch:"peer_name"`
	Weight        float64             `ch:"weight"`
	Attrs         map[string]string   `ch:"attrs"`
	Ints          map[string]int64    `ch:"attrs_int"`
	Floats        map[string]float64  `ch:"attrs_float"`
	Lifted        []string            `ch:"lifted"`
	HTTPStatus    uint16              `ch:"a_http_response_status_code"`
	EvTime        []time.Time         `ch:"ev_time"`
	EvName        []string            `ch:"ev_name"`
	EvAttrs       []map[string]string `ch:"ev_attrs"`
	EvDropped     []uint32            `ch:"ev_dropped_attrs"`
	LnTraceID     []string            `ch:"ln_trace_id"`
	LnSpanID      []uint64            `ch:"ln_span_id"`
	LnState       []string            `ch:"ln_trace_state"`
	LnFlags       []uint32            `ch:"ln_flags"`
	LnAttrs       []map[string]string `ch:"ln_attrs"`
	LnDropped     []uint32            `ch:"ln_dropped_attrs"`
	Retention     uint16              `ch:"retention_days"`
	Batch         string              `ch:"batch_text"`
}

// selectStored names every column; the lifted ones as an array of key, value, key, value.
var selectStored = func() string {
	sql := "SELECT * EXCEPT (batch, a_http_request_method, a_http_route, a_messaging_system, a_rpc_service, a_rpc_method, a_db_system_name," +
		" a_db_operation_name, a_server_address, a_messaging_destination_name, a_error_type, a_network_protocol_version), toString(batch) AS batch_text, ["
	for i, key := range liftedOrder() {
		if i > 0 {
			sql += ", "
		}
		sql += fmt.Sprintf("'%s', %s", key, liftedColumns[key])
	}
	return sql + "] AS lifted FROM spans"
}()

func liftedOrder() []string {
	var order []string
	for key := range liftedColumns {
		order = append(order, key)
	}
	slices.Sort(order)
	return order
}

func (s stored) row(t testing.TB) row {
	t.Helper()
	r := row{
		Project: s.Project, Start: s.Start.UnixNano(), TraceID: s.TraceID, SpanID: s.SpanID, ParentID: s.ParentID, TraceState: s.TraceState,
		Flags: s.Flags, Name: s.Name, Kind: s.Kind, Duration: s.Duration, Status: s.Status, Message: s.Message, State: s.State,
		DroppedAttrs: s.DroppedAttrs, DroppedEvents: s.DroppedEvents, DroppedLinks: s.DroppedLinks,
		Service: s.Service, ServiceType: s.ServiceType, Namespace: s.Namespace, Env: s.Env, Version: s.Version,
		ScopeName: s.ScopeName, ScopeVersion: s.ScopeVersion, ScopeURL: s.ScopeURL, ScopeAttrs: decodeMap(t, s.ScopeAttrs), ScopeDropped: s.ScopeDropped,
		Class: s.Class, PeerType: s.PeerType, PeerName: s.PeerName, Weight: s.Weight, Attrs: decodeMap(t, s.Attrs), Retention: s.Retention,
		Events: []event{}, Links: []link{},
	}
	for k, v := range s.Ints {
		r.Attrs[k] = attrText(encode.IntAttr(k, v))
	}
	for k, v := range s.Floats {
		r.Attrs[k] = attrText(encode.FloatAttr(k, v))
	}
	for i := 0; i < len(s.Lifted); i += 2 {
		if s.Lifted[i+1] != "" {
			r.Attrs[s.Lifted[i]] = "string " + s.Lifted[i+1]
		}
	}
	if s.HTTPStatus != 0 {
		r.Attrs["http.response.status_code"] = fmt.Sprintf("int %d", s.HTTPStatus)
	}
	for i := range s.EvTime {
		r.Events = append(r.Events, event{s.EvTime[i].UnixNano(), s.EvName[i], decodeMap(t, s.EvAttrs[i]), s.EvDropped[i]})
	}
	for i := range s.LnSpanID {
		r.Links = append(r.Links, link{s.LnTraceID[i], s.LnSpanID[i], s.LnState[i], s.LnFlags[i], decodeMap(t, s.LnAttrs[i]), s.LnDropped[i]})
	}
	return r
}

func byID(a, b row) int { return slices.Compare([]byte(dumpKey(a)), []byte(dumpKey(b))) }

func dumpKey(r row) string {
	return fmt.Sprintf("%s %x %016x %d %s", r.Project, r.TraceID, r.SpanID, r.Start, r.Name)
}

// insert stores the blocks of a batch and counts them.
func insert(t testing.TB, db *conn.DB, b *traces.Batch, id batch.ID) {
	t.Helper()
	w := batch.NewWriter(db)
	for _, block := range b.Blocks() {
		if err := w.Insert(t.Context(), block, fmt.Sprintf("%s-%s-%s-1", id, block.Table, block.Partition)); err != nil {
			t.Fatal(err)
		}
		if block.Kind != batch.Counted {
			continue
		}
		if n, err := w.Count(t.Context(), id, block); err != nil || n != uint64(block.Rows) {
			t.Fatalf("counted %d of %d rows (%v) in partition %s", n, block.Rows, err, block.Partition)
		}
	}
	b.Done()
}

// TestStoredSpansAreWhatPdataSees writes requests of every kind to the engine and reads them back by SQL.
func TestStoredSpansAreWhatPdataSees(t *testing.T) {
	db := storagetest.Open(t)
	var want []row
	batches := map[string]bool{}
	b := traces.NewBatch(batch.ID{}, batch.Policy{})
	policy := batch.Policy{Retention: batch.Retention{Days: 300, Services: map[string]uint16{"service-1": 400}}, Redact: true}
	received := time.Now().UTC().Add(-48 * time.Hour).Truncate(time.Hour) // old rows expire
	for n := range 6 {
		id := batch.NewID([8]byte{9, 8, 7, 6, 5, 4, 3, 0xFF}, received.Add(time.Duration(n)*time.Second))
		b.Reset(id, policy)
		batches[id.String()] = true
		for i := range uint64(8) {
			td := randomTraces(rand.New(rand.NewPCG(uint64(n), i)), i%2 == 0)
			shift(td, received.Sub(day0))
			project := []string{"default", "other"}[i%2]
			if err := b.Append(batch.Request{Project: project, Received: received, Body: marshal(t, td)}); err != nil {
				t.Fatal(err)
			}
			want = append(want, model{project, received, policy}.rows(td, nil)...)
		}
		insert(t, db, b, id)
	}
	all, err := conn.All[stored](t.Context(), db, conn.Query{SQL: selectStored})
	if err != nil {
		t.Fatal(err)
	}
	var got []row
	resources := map[string]stored{}
	for _, s := range all {
		got = append(got, s.row(t))
		if !batches[s.Batch] {
			t.Fatalf("row of batch %s", s.Batch)
		}
		resources[s.Project+s.ResourceID] = s
	}
	slices.SortFunc(got, byID)
	slices.SortFunc(want, byID)
	compare(t, got, want)

	type resource struct {
		Project     string `ch:"project"`
		ID          string `ch:"id"`
		Service     string `ch:"service"`
		ServiceType string `ch:"service_type"`
		Env         string `ch:"env"`
		Rows        uint64 `ch:"rows"`
		Retention   uint16 `ch:"retention"`
	}
	kept, err := conn.All[resource](t.Context(), db, conn.Query{SQL: `SELECT project, id, any(service) AS service, any(service_type) AS service_type,
		any(env) AS env, count() AS rows, max(retention_days) AS retention FROM resources GROUP BY project, id`})
	if err != nil {
		t.Fatal(err)
	}
	if len(kept) != len(resources) {
		t.Errorf("%d resources are named, %d stored", len(resources), len(kept))
	}
	for _, r := range kept {
		s, ok := resources[r.Project+r.ID]
		if !ok || s.Service != r.Service || s.ServiceType != r.ServiceType || s.Env != r.Env || r.Rows != 1 || r.Retention != 400 {
			t.Errorf("resource %x is %+v", r.ID, r)
		}
	}
	checkIndex(t, db, want)
}

// checkIndex compares trace_index with what the spans say.
func checkIndex(t *testing.T, db *conn.DB, want []row) {
	t.Helper()
	type entry struct {
		Project string    `ch:"project"`
		TraceID string    `ch:"trace_id"`
		Min     time.Time `ch:"min"`
		Max     time.Time `ch:"max"`
		Service string    `ch:"service"`
		Name    string    `ch:"name"`
	}
	type key struct{ project, trace string }
	have, err := conn.All[entry](t.Context(), db, conn.Query{SQL: `SELECT project, trace_id, min(min_start) AS min, max(max_start) AS max,
		max(root_service) AS service, max(root_name) AS name FROM trace_index GROUP BY project, trace_id`})
	if err != nil {
		t.Fatal(err)
	}
	expected := map[key]entry{}
	for _, r := range want {
		k := key{r.Project, r.TraceID}
		e, ok := expected[k]
		start := time.Unix(0, r.Start).UTC()
		if !ok {
			e = entry{Project: r.Project, TraceID: r.TraceID, Min: start, Max: start}
		}
		if start.Before(e.Min) {
			e.Min = start
		}
		if start.After(e.Max) {
			e.Max = start
		}
		if r.ParentID == 0 || r.ParentID == r.SpanID {
			e.Service, e.Name = max(e.Service, r.Service), max(e.Name, r.Name)
		}
		expected[k] = e
	}
	if len(have) != len(expected) {
		t.Errorf("trace_index has %d traces, want %d", len(have), len(expected))
	}
	for _, e := range have {
		e.Min, e.Max = e.Min.UTC(), e.Max.UTC()
		if w := expected[key{e.Project, e.TraceID}]; e != w {
			t.Errorf("trace %x: index has\n%+v, want\n%+v", e.TraceID, e, w)
		}
	}
}

// TestBatchIDIsWhatTheEngineCallsIt pins the id's bytes, its text and its order.
func TestBatchIDIsWhatTheEngineCallsIt(t *testing.T) {
	id := batch.NewID([8]byte{1, 0, 0, 0, 0, 0, 0, 0x80}, time.Unix(1, 2))
	if got := binary.LittleEndian.Uint64(id[8:]); got != 1_000_000_002 {
		t.Errorf("high half is %d", got)
	}
	if !id.Cut().Equal(time.Unix(1, 2)) {
		t.Errorf("cut at %s", id.Cut())
	}
	db := storagetest.Open(t)
	text, err := conn.One[string](t.Context(), db, conn.Query{
		SQL:    "SELECT toString(bitOr(bitShiftLeft(toUInt128({high:UInt64}), 64), toUInt128({low:UInt64})))",
		Params: []conn.Param{conn.Uint("high", binary.LittleEndian.Uint64(id[8:])), conn.Uint("low", binary.LittleEndian.Uint64(id[:8]))},
	})
	if err != nil {
		t.Fatal(err)
	}
	if text != id.String() {
		t.Errorf("the engine calls it %s, String %s", text, id)
	}
}
