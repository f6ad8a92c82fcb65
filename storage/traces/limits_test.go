package traces_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/traces"
)

// one makes a request of one span.
func one(set func(s ptrace.Span)) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "s")
	s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	s.SetTraceID([16]byte{1})
	s.SetSpanID([8]byte{2})
	s.SetStartTimestamp(pcommon.NewTimestampFromTime(day0))
	s.SetEndTimestamp(pcommon.NewTimestampFromTime(day0.Add(time.Second)))
	set(s)
	return td
}

// storeOne is what a request of one span is stored as.
func storeOne(t *testing.T, td ptrace.Traces) (row, encode.Stats) {
	t.Helper()
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: marshal(t, td)}); err != nil {
		t.Fatal(err)
	}
	return spansOf(t, b)[0], b.Stats()[0]
}

func sanitized(reasons ...string) string {
	list := ""
	for i, r := range reasons {
		if i > 0 {
			list += ","
		}
		list += `{"stringValue":"` + r + `"}`
	}
	return `json {"arrayValue":{"values":[` + list + `]}}`
}

// TestBadInputs are the rows of the table of answers that are the writer's.
func TestBadInputs(t *testing.T) {
	f := func(what string, set func(s ptrace.Span), want map[string]string, check func(r row) bool) {
		t.Helper()
		r, stats := storeOne(t, one(set))
		for key, value := range want {
			if r.Attrs[key] != value {
				t.Errorf("%s: %s is %.200q, want %.200q", what, key, r.Attrs[key], value)
			}
		}
		if !check(r) {
			t.Errorf("%s: stored as %.2000s", what, dump(t, r))
		}
		if _, changed := r.Attrs["sightline.sanitized"]; changed != (stats.Sanitized == 1) || changed != (len(stats.ByReason()) > 0) {
			t.Errorf("%s: counted as %+v", what, stats)
		}
	}
	ts := func(t time.Time) pcommon.Timestamp { return pcommon.NewTimestampFromTime(t) }
	all := func(row) bool { return true }

	f("18 end < start", func(s ptrace.Span) { s.SetEndTimestamp(ts(day0) - 7) },
		map[string]string{"sightline.sanitized": sanitized("negative_duration"), "sightline.raw.end_time_unix_nano": fmt.Sprintf("string %d", ts(day0)-7)},
		func(r row) bool { return r.Duration == 0 && r.State == 0 })
	f("19 start = end", func(s ptrace.Span) { s.SetEndTimestamp(ts(day0)) }, map[string]string{"sightline.sanitized": ""}, func(r row) bool { return r.Duration == 0 })
	f("20 start = 0", func(s ptrace.Span) { s.SetStartTimestamp(0) }, map[string]string{"sightline.sanitized": sanitized("ts_missing")},
		func(r row) bool { return r.Start == day0.Add(time.Second).UnixNano() && r.Duration == 0 })
	f("20 no time at all", func(s ptrace.Span) { s.SetStartTimestamp(0); s.SetEndTimestamp(0) }, map[string]string{"sightline.sanitized": sanitized("ts_missing")},
		func(r row) bool { return r.Start == day0.UnixNano() && r.Duration == 0 && r.State == 0 })
	f("21 year 2554", func(s ptrace.Span) { s.SetStartTimestamp(1<<64 - 1); s.SetEndTimestamp(1<<64 - 1) },
		map[string]string{"sightline.sanitized": sanitized("ts_range"), "sightline.raw.start_time_unix_nano": "string 18446744073709551615", "sightline.raw.end_time_unix_nano": "string 18446744073709551615"},
		func(r row) bool { return r.Start == day0.UnixNano() && r.Duration == 0 })
	f("22 half an hour ahead", func(s ptrace.Span) {
		s.SetStartTimestamp(ts(day0.Add(30 * time.Minute)))
		s.SetEndTimestamp(ts(day0.Add(31 * time.Minute)))
	},
		map[string]string{"sightline.sanitized": sanitized("ts_future")}, func(r row) bool { return r.Start == day0.Add(30*time.Minute).UnixNano() })
	f("22 five minutes ahead", func(s ptrace.Span) {
		s.SetStartTimestamp(ts(day0.Add(5 * time.Minute)))
		s.SetEndTimestamp(ts(day0.Add(6 * time.Minute)))
	},
		map[string]string{"sightline.sanitized": ""}, all)
	f("not ended", func(s ptrace.Span) { s.SetEndTimestamp(0) }, map[string]string{"sightline.sanitized": ""}, func(r row) bool { return r.State == 1 && r.Duration == 0 })
	f("not ended, says X-Ray's translator", func(s ptrace.Span) { s.Attributes().PutBool("aws.xray.inprogress", true) }, nil, func(r row) bool { return r.State == 1 })
	f("13 its own parent", func(s ptrace.Span) { s.SetParentSpanID(s.SpanID()) }, map[string]string{"sightline.sanitized": sanitized("self_parent")},
		func(r row) bool { return r.ParentID == r.SpanID })
	f("27 invalid UTF-8", func(s ptrace.Span) {
		s.SetName("a\xffb")
		s.Attributes().PutStr("k", "\xc3(")
		s.Attributes().PutStr("\xfe", "v")
	},
		map[string]string{"k": "string \uFFFD(", "\uFFFD": "string v", "sightline.raw.k": "bytes wyg=", "sightline.raw.span.name": "bytes Yf9i", "sightline.raw.key.\uFFFD": "bytes /g==", "sightline.sanitized": sanitized("utf8")},
		func(r row) bool { return r.Name == "a\uFFFDb" })
	f("27 invalid UTF-8, long", func(s ptrace.Span) { s.Attributes().PutStr("k", strings.Repeat("\xff", 5000)) }, nil,
		func(r row) bool {
			return len(r.Attrs["sightline.raw.k"]) == len("bytes ")+1024 && r.Attrs["k"] == "string \uFFFD"
		})
	f("27 invalid UTF-8 inside", func(s ptrace.Span) {
		s.Attributes().PutEmptyMap("m").PutStr("k\xff", "v\xff")
		s.Events().AppendEmpty().SetName("e\xff")
		s.Links().AppendEmpty().Attributes().PutStr("l", "\xff")
	}, map[string]string{"m": `json {"kvlistValue":{"values":[{"key":"k` + "\uFFFD" + `","value":{"stringValue":"v` + "\uFFFD" + `"}}]}}`, "sightline.sanitized": sanitized("utf8")},
		func(r row) bool {
			return r.Events[0].Name == "e\uFFFD" && r.Events[0].Attrs["sightline.raw.event.name"] == "bytes Zf8=" && r.Links[0].Attrs["sightline.raw.l"] == "bytes /w=="
		})
	f("28 stored exactly", func(s ptrace.Span) { s.Attributes().PutStr("k", "\x00\u202e\x1b[31m🦄\x7f"); s.SetName("\x00") },
		map[string]string{"k": "string \x00\u202e\x1b[31m🦄\x7f", "sightline.sanitized": ""}, func(r row) bool { return r.Name == "\x00" })
	f("30 long name, key, value", func(s ptrace.Span) {
		s.SetName(strings.Repeat("é", 5000))
		s.Attributes().PutStr(strings.Repeat("k", 10_000), "v")
		s.Attributes().PutStr("big", strings.Repeat("é", 40_000))
		s.Attributes().PutEmptyBytes("blob").FromRaw(make([]byte, 40_000))
	}, map[string]string{
		strings.Repeat("k", 256): "string v", "sightline.truncated.span.name": "int 10000", "sightline.truncated.big": "int 80000", "sightline.truncated.blob": "int 40000",
		"sightline.truncated.key." + strings.Repeat("k", 64): "int 10000", "sightline.sanitized": sanitized("attr_truncated"),
	}, func(r row) bool {
		return len(r.Name) == 1024 && utf8.ValidString(r.Name) && len(r.Attrs["big"]) == len("string ")+32<<10 && len(r.Attrs["blob"]) == len("bytes ")+32<<10
	})
	f("9 a wide list", func(s ptrace.Span) {
		list := s.Attributes().PutEmptySlice("list")
		for i := range 100_000 {
			list.AppendEmpty().SetInt(int64(i))
		}
		s.Attributes().PutEmptySlice("text").AppendEmpty().SetStr(strings.Repeat("é", 30_000))
	}, map[string]string{"sightline.sanitized": sanitized("attr_truncated")}, func(r row) bool {
		for _, key := range []string{"list", "text"} {
			text := strings.TrimPrefix(r.Attrs[key], "json ")
			if n := len(text); n < 32<<10-100 || n > 32<<10+100 || !json.Valid([]byte(text)) || r.Attrs["sightline.truncated."+key] == "" {
				return false
			}
		}
		return true
	})
	f("31 too many of everything", func(s ptrace.Span) {
		for i := range 10_000 {
			s.Attributes().PutInt(fmt.Sprintf("a%d", i), int64(i))
			s.Events().AppendEmpty()
			s.Links().AppendEmpty()
		}
		s.SetDroppedAttributesCount(1<<32 - 5)
		s.SetDroppedEventsCount(3)
	}, map[string]string{"a255": "int 255", "a256": "", "sightline.sanitized": sanitized("limit_attrs", "limit_events", "limit_links")}, func(r row) bool {
		return len(r.Attrs) == 257 && len(r.Events) == 1024 && len(r.Links) == 256 && r.DroppedAttrs == 1<<32-1 && r.DroppedEvents == 3+10_000-1024 && r.DroppedLinks == 10_000-256
	})
	f("33 odd keys", func(s ptrace.Span) {
		for _, key := range []string{"a'b\"c`;--", "resource.", "", "__proto__"} {
			s.Attributes().PutStr(key, "v")
		}
	}, map[string]string{"a'b\"c`;--": "string v", "resource.": "string v", "": "string v", "__proto__": "string v", "sightline.sanitized": ""}, all)
	f("35 unknown enums", func(s ptrace.Span) { s.SetKind(99); s.Status().SetCode(7) }, map[string]string{"sightline.sanitized": sanitized("enum")},
		func(r row) bool { return r.Kind == 99 && r.Status == 7 })
}

func TestDuplicateKeysLastWins(t *testing.T) {
	td := one(func(s ptrace.Span) {
		s.Attributes().PutStr("aaaa", "first")
		s.Attributes().PutInt("http.route", 1)
		s.Attributes().PutStr("bbbb", "/second")
	})
	body := marshal(t, td)
	body = []byte(strings.ReplaceAll(string(body), "bbbb", "aaaa")) // pdata makes no duplicates
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: body}); err != nil {
		t.Fatal(err)
	}
	r := spansOf(t, b)[0]
	if r.Attrs["aaaa"] != "string /second" || r.Attrs["http.route"] != "int 1" || r.Attrs["sightline.sanitized"] != sanitized("dup_key") || len(r.Attrs) != 3 {
		t.Errorf("stored as %v", r.Attrs)
	}
}

// TestNesting: 64 levels are stored, 65 are refused.
func TestNesting(t *testing.T) {
	b := traces.NewBatch(batch.NewID([8]byte{1}, day0), batch.Policy{})
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: nested(64)}); err != nil {
		t.Errorf("64 levels: %v", err)
	}
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: nested(65)}); !errors.Is(err, encode.ErrMalformed) {
		t.Errorf("65 levels: %v", err)
	}
	if err := b.Append(batch.Request{Project: "default", Received: day0, Body: nested(20_000)}); !errors.Is(err, encode.ErrMalformed) {
		t.Errorf("20,000 levels: %v", err)
	}
	if b.Rows() != 1 || len(spansOf(t, b)) != 1 {
		t.Errorf("%d rows", b.Rows())
	}
}
