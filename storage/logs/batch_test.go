package logs_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/logs"
)

func TestBlocksAreWhatPdataSees(t *testing.T) {
	b := logs.NewBatch(batch.ID{}, batch.Policy{})
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		policy := batch.Policy{Redact: seed%3 == 0, Logs: batch.Retention{Days: 3, Services: map[string]uint16{"service-1": 30}}}
		b.Reset(batch.NewID([8]byte{1}, day0), policy)
		var want []row
		for i := range 1 + r.IntN(4) {
			ld := randomLogs(r, day0, seed%2 == 0)
			rejected, ordinals := map[int]bool{}, []uint32(nil)
			for i := range ld.LogRecordCount() {
				if r.IntN(10) == 0 {
					rejected[i] = true
					ordinals = append(ordinals, uint32(i))
				}
			}
			project := []string{"default", "other"}[i%2]
			if err := b.Append(batch.Request{Project: project, Received: day0, Body: marshal(t, ld), Rejected: ordinals}); err != nil {
				t.Fatal(err)
			}
			want = append(want, model{project, day0, policy}.rows(ld, rejected)...)
		}
		if !slices.ContainsFunc(want, long) {
			compare(t, rowsOf(t, b), inBlocks(want))
		}
	}
}

// service adds a ResourceLogs of one record to a request.
func service(ld plog.Logs, name string, at time.Time) plog.LogRecord {
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", name)
	rec := rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	rec.SetTimestamp(pcommon.NewTimestampFromTime(at))
	return rec
}

func TestRecordsAreSplitByRetentionAndDay(t *testing.T) {
	ld := plog.NewLogs()
	service(ld, "short", day0)
	service(ld, "long", day0.AddDate(0, 0, -1))
	service(ld, "short", day0.AddDate(0, 0, -1))
	service(ld, "short", day0.Truncate(24*time.Hour))
	service(ld, "short", day0.Truncate(24*time.Hour).Add(-1))
	policy := batch.Policy{Retention: batch.Retention{Days: 100}, Logs: batch.Retention{Days: 3, Services: map[string]uint16{"long": 90}}}
	b := logs.NewBatch(batch.NewID([8]byte{1}, day0), policy)
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: marshal(t, ld)}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, block := range b.Blocks() {
		got = append(got, fmt.Sprintf("%s %q %d days from %s: %d rows, kind %d", block.Table, block.Partition, block.RetentionDays, block.Day.Format(time.DateOnly), block.Rows, block.Kind))
	}
	want := []string{
		`resources "" 100 days from 2026-11-22: 2 rows, kind 0`,
		`logs "3,20261121" 3 days from 2026-11-21: 2 rows, kind 1`,
		`logs "3,20261122" 3 days from 2026-11-22: 2 rows, kind 1`,
		`logs "90,20261121" 90 days from 2026-11-21: 1 rows, kind 1`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("blocks are\n%q\nwant\n%q", got, want)
	}
	if s := b.Stats(); len(s) != 1 || s[0].Items != 5 {
		t.Errorf("counts are %+v", s)
	}
}

func TestRecordsOnManyDaysGiveSmallBlocks(t *testing.T) {
	ld := plog.NewLogs()
	for i := range 200 {
		for j := range 5 {
			service(ld, "s", day0.AddDate(0, 0, -i)).SetEventName(fmt.Sprintf("event %d of day %d", j, i))
		}
	}
	b := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Logs: batch.Retention{Days: 400}})
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: marshal(t, ld)}); err != nil {
		t.Fatal(err)
	}
	blocks := 0
	for _, block := range b.Blocks() {
		if block.Table != "logs" {
			continue
		}
		blocks++
		if n := block.Body.Len(); n > 4000 {
			t.Fatalf("block of %d rows has %d bytes: it carries other days' names", block.Rows, n)
		}
		for i, r := range blockRows(t, block) {
			day := int(day0.Truncate(24*time.Hour).Sub(block.Day).Hours() / 24)
			if r.EventName != fmt.Sprintf("event %d of day %d", i, day) {
				t.Fatalf("record is named %q", r.EventName)
			}
		}
	}
	if blocks != 200 || b.Rows() != 1000 {
		t.Errorf("%d blocks of %d rows", blocks, b.Rows())
	}
}

const (
	secretJWT  = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
	secretAWS  = "AKIAIOSFODNN7EXAMPLE"
	secretWord = "hunter2hunter2"
	secretCard = "4111 1111 1111 1111"
)

// secretive has a secret wherever a text can stand, and a body of each type.
func secretive() plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "checkout "+secretAWS)
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().Attributes().PutStr("api_key", secretWord)
	next := func() plog.LogRecord {
		rec := sl.LogRecords().AppendEmpty()
		rec.SetTimestamp(pcommon.NewTimestampFromTime(day0))
		return rec
	}
	next().Body().SetStr("login with token=" + secretWord + " and card " + secretCard)
	next().Body().SetStr(strings.Repeat("x", 200<<10) + " password=" + secretWord + " " + strings.Repeat("y", 100<<10))
	next().Body().SetStr("Authorization: Bearer " + secretJWT + " \xff")
	next().Body().SetStr(`{"user":"a","password":"` + secretWord + `"}`)
	next().Body().SetInt(5555555555554444)
	next().Body().SetEmptyBytes().FromRaw([]byte("password=" + secretWord))
	m := next().Body().SetEmptyMap()
	m.PutStr("password", secretWord)
	m.PutEmptySlice("lines").AppendEmpty().SetStr("key " + secretAWS)
	m.PutEmptyBytes("raw").FromRaw([]byte(secretAWS))
	rec := next()
	rec.SetSeverityText("INFO " + secretAWS)
	rec.SetEventName("login " + secretAWS)
	a := rec.Attributes()
	a.PutStr("http.request.header.authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("u:"+secretWord)))
	a.PutStr("url.full", "https://user:"+secretWord+"@shop.example/p?api_key="+secretWord)
	a.PutInt("order.card", 5555555555554444)
	a.PutEmptyBytes("client_secret").FromRaw([]byte(secretWord))
	a.PutEmptyMap("credentials").PutStr("any", secretWord)
	a.PutStr("exception.stacktrace", "java.lang.X: "+secretJWT)
	return ld
}

func TestSecretsAreNotInTheBlocks(t *testing.T) {
	body := marshal(t, secretive())
	b := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{Redact: true})
	for range 2 { // what was seen before is looked at again
		if err := b.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
			t.Fatal(err)
		}
	}
	for _, block := range b.Blocks() {
		data := block.Body.Bytes()
		for _, secret := range []string{secretJWT, "eyJ", secretAWS, secretCard, secretWord, "5555555555554444"} {
			if i := bytes.Index(data, []byte(secret)); i >= 0 {
				t.Errorf("%s holds %q: %q", block.Table, secret, data[max(0, i-60):min(len(data), i+60)])
			}
			for shift := range 3 { // base64 of a text that holds it, at any alignment
				b64 := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + secret))
				if len(b64) >= 20 && bytes.Contains(data, []byte(b64[4:len(b64)-4])) {
					t.Errorf("%s holds %q in base64", block.Table, secret)
				}
			}
		}
	}
	if s := b.Stats(); len(s) != 1 || s[0].Redacted < 24 || s[0].Items != 16 {
		t.Errorf("counts are %+v", s)
	}
	kept := logs.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	if err := kept.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
		t.Fatal(err)
	}
	compare(t, rowsOf(t, kept), model{"default", day0, batch.Policy{}}.rows(secretive(), nil))
}
