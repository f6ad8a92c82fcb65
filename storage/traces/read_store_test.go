package traces_test

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/encode"
	"github.com/sightline/sightline/storage/traces"
)

var update = flag.Bool("update", false, "rewrite testdata")

// noon is where the tests of the readers lie in time.
var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// liftedInto says the schema's words about lifted attributes a second time.
var liftedInto = map[string]string{
	"http.request.method": "a_http_request_method", "http.route": "a_http_route", "messaging.system": "a_messaging_system",
	"rpc.service": "a_rpc_service", "rpc.method": "a_rpc_method", "db.system.name": "a_db_system_name",
	"db.operation.name": "a_db_operation_name", "server.address": "a_server_address",
	"messaging.destination.name": "a_messaging_destination_name", "error.type": "a_error_type",
	"network.protocol.version": "a_network_protocol_version",
}

// sqlText is a string literal.
func sqlText(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02X`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}

func sqlList[T any](values []T, of func(T) string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = of(v)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

func sqlTime(t time.Time) string { return fmt.Sprintf("'%d.%09d'", t.Unix(), t.Nanosecond()) }

// sqlMaps are the three maps and the lifted columns of a span's attributes.
func sqlMaps(attrs []traces.Attr) (texts, ints, floats string, lifted map[string]string, status int) {
	var t, i, f []string
	lifted = map[string]string{}
	for _, a := range attrs {
		key := sqlText(a.Key) + ":"
		switch {
		case a.Type == traces.ValueString && a.Text != "" && liftedInto[a.Key] != "":
			lifted[liftedInto[a.Key]] = a.Text
		case a.Type == traces.ValueInt && a.Key == "http.response.status_code" && len(a.Text) <= 4 && a.Text > "0":
			status, _ = strconv.Atoi(a.Text)
		case a.Type == traces.ValueInt:
			i = append(i, key+a.Text)
		case a.Type == traces.ValueFloat:
			f = append(f, key+a.Text)
		default:
			t = append(t, key+sqlText(encode.EncodeValue(a.Type, a.Text)))
		}
	}
	join := func(parts []string) string { return "{" + strings.Join(parts, ",") + "}" }
	return join(t), join(i), join(f), lifted, status
}

// sqlMixed is a map that holds values of every type.
func sqlMixed(attrs []traces.Attr) string {
	texts := make([]string, len(attrs))
	for i, a := range attrs {
		texts[i] = sqlText(a.Key) + ":" + sqlText(encode.EncodeValue(a.Type, a.Text))
	}
	return "{" + strings.Join(texts, ",") + "}"
}

func runSQL(t testing.TB, db *conn.DB, sql string) {
	t.Helper()
	if err := db.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%.2000s", err, sql)
	}
}

// putSpans inserts spans as they are, recogniser's columns included, with their resources and the index of their traces.
func putSpans(t testing.TB, db *conn.DB, project string, spans []traces.Span) {
	t.Helper()
	putSpansAt(t, db, project, spans, noon)
}

// putSpansAt is putSpans by a batch that was cut then.
func putSpansAt(t testing.TB, db *conn.DB, project string, spans []traces.Span, cut time.Time) {
	t.Helper()
	var b strings.Builder
	batch := batch.NewID([8]byte{1}, cut).String()
	b.WriteString("INSERT INTO spans (project, start, trace_id, span_id, parent_id, trace_state, flags, name, kind, duration, status, status_message, state, " +
		"dropped_attrs, dropped_events, dropped_links, resource_id, service, service_type, namespace, env, version, scope_name, scope_version, scope_attrs, " +
		"class, peer_type, peer_name, weight, attrs, attrs_int, attrs_float, a_http_response_status_code, ")
	var columns []string
	for _, c := range liftedInto {
		columns = append(columns, c)
	}
	b.WriteString(strings.Join(columns, ", ") + ", ev_time, ev_name, ev_attrs, ev_dropped_attrs, ln_trace_id, ln_span_id, ln_trace_state, ln_flags, ln_attrs, ln_dropped_attrs, retention_days, batch) VALUES\n")
	resources := map[[16]byte]traces.Span{}
	for i, s := range spans {
		if i > 0 {
			b.WriteString(",\n")
		}
		var resource [16]byte
		if s.Resource != nil {
			resource = s.Resource.ID
			resources[resource] = s
		}
		texts, ints, floats, lifted, status := sqlMaps(s.Attrs)
		fmt.Fprintf(&b, "(%s,%s,%s,%d,%d,%s,%d,%s,%d,%d,%d,%s,%d,%d,%d,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%d,%s,%s,%v,%s,%s,%s,%d,",
			sqlText(project), sqlTime(s.Start), sqlText(string(s.TraceID[:])), uint64(s.SpanID), uint64(s.ParentID), sqlText(s.TraceState), s.Flags, sqlText(s.Name),
			s.Kind, int64(s.Duration), s.Status, sqlText(s.StatusMessage), s.State, s.DroppedAttrs, s.DroppedEvents, s.DroppedLinks, sqlText(string(resource[:])),
			sqlText(s.Service), sqlText(s.ServiceType), sqlText(s.Namespace), sqlText(s.Env), sqlText(s.Version), sqlText(s.Scope.Name), sqlText(s.Scope.Version), sqlMixed(s.Scope.Attrs),
			s.Class, sqlText(s.PeerType), sqlText(s.PeerName), s.Weight, texts, ints, floats, status)
		for _, c := range columns {
			b.WriteString(sqlText(lifted[c]) + ",")
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,20000,%s)",
			sqlList(s.Events, func(e traces.Event) string { return sqlTime(e.Time) }),
			sqlList(s.Events, func(e traces.Event) string { return sqlText(e.Name) }),
			sqlList(s.Events, func(e traces.Event) string { return sqlMixed(e.Attrs) }),
			sqlList(s.Events, func(e traces.Event) string { return fmt.Sprint(e.DroppedAttrs) }),
			sqlList(s.Links, func(l traces.Link) string { return sqlText(string(l.TraceID[:])) }),
			sqlList(s.Links, func(l traces.Link) string { return fmt.Sprint(uint64(l.SpanID)) }),
			sqlList(s.Links, func(l traces.Link) string { return sqlText(l.TraceState) }),
			sqlList(s.Links, func(l traces.Link) string { return fmt.Sprint(l.Flags) }),
			sqlList(s.Links, func(l traces.Link) string { return sqlMixed(l.Attrs) }),
			sqlList(s.Links, func(l traces.Link) string { return fmt.Sprint(l.DroppedAttrs) }), batch)
	}
	runSQL(t, db, b.String())
	for id, s := range resources {
		texts, ints, floats, _, _ := sqlMaps(s.Resource.Attrs)
		runSQL(t, db, fmt.Sprintf("INSERT INTO resources (project, id, service, service_type, namespace, env, version, attrs, attrs_int, attrs_float, dropped_attrs, schema_url, last_seen, retention_days) "+
			"VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%d,%s,%d,20000)", sqlText(project), sqlText(string(id[:])), sqlText(s.Service), sqlText(s.ServiceType), sqlText(s.Namespace), sqlText(s.Env),
			sqlText(s.Version), texts, ints, floats, s.Resource.DroppedAttrs, sqlText(s.Resource.SchemaURL), s.Start.Unix()))
	}
	runSQL(t, db, "TRUNCATE TABLE trace_index")
	runSQL(t, db, `INSERT INTO trace_index (project, trace_id, day, min_start, max_start, root_service, root_name, retention_days)
		SELECT project, trace_id, toDate(min(start)), min(start), max(start), maxIf(service, parent_id = 0), maxIf(name, parent_id = 0), 20000 FROM spans GROUP BY project, trace_id`)
}

// id makes a trace id.
func id(n byte) (id traces.TraceID) {
	id[0], id[15] = 0xab, n
	return id
}
