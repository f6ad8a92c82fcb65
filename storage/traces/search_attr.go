package traces

import (
	"strconv"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/filter/sql"
)

// ofSpan compares an attribute of the span itself. A lifted key lies in its column if the column can hold it, else in the maps: a
// string that is not empty and a status code from 1 to 65535 are never in the maps.
func (p *printer) ofSpan(key string, op filter.Op, v filter.Value) (string, error) {
	i := liftedKeys[key]
	switch {
	case i == liftNone, v.Type == filter.TypeBool:
	case i == liftHTTPStatus && v.IsNumber():
		column := "a_http_response_status_code"
		own := column + " " + op.String() + " " + p.Number(v)
		if sql.ZeroHolds(op, v) {
			own = column + " != 0 AND " + own
		}
		rest, err := p.InMaps(key, op, v)
		return "(" + own + " OR " + rest + ")", err
	case i != liftHTTPStatus && v.Type == filter.TypeString:
		column := liftedNames[i]
		forEmpty, err := sql.HoldsFor(op, "", v.Text)
		if err != nil {
			return "", err
		}
		if !forEmpty {
			return p.TextOp(column, op, v.Text), nil
		}
		k := p.Str(key)
		empty := "mapContains(attrs, " + k + ") AND attrs[" + k + "] = ''"
		if op == filter.Eq {
			return "(" + empty + ")", nil
		}
		return "(" + column + " != '' AND " + p.TextOp(column, op, v.Text) + " OR " + empty + ")", nil
	}
	return p.InMaps(key, op, v)
}

// textFields are the columns of the intrinsics that are text.
var textFields = map[string]string{
	filter.Service:       "service",
	filter.ServiceType:   "service_type",
	filter.Name:          "name",
	filter.StatusMessage: "status_message",
	filter.Env:           "env",
	filter.Namespace:     "namespace",
	filter.Version:       "version",
	filter.Peer:          "peer_name",
	filter.PeerType:      "peer_type",
	filter.ScopeName:     "scope_name",
	filter.ScopeVersion:  "scope_version",
}

func (p *printer) intrinsic(c filter.Compare) (string, error) {
	positive, negative := c.Op.Negative()
	field := c.Attr.Key
	var text string
	switch field {
	case filter.EventName:
		one := p.TextOp("n", positive, c.Value.Text)
		if negative { // some event with another name
			one = "NOT " + one
		}
		return "arrayExists(n -> " + one + ", ev_name)", nil
	case filter.LinkTraceID:
		one := "t = " + p.ID(c.Value.Text)
		if negative {
			one = "NOT " + one
		}
		return "arrayExists(t -> " + one + ", ln_trace_id)", nil
	case filter.DurationField:
		text = "duration " + positive.String() + " " + p.Number(c.Value)
	case filter.Root:
		text = "parent_id = 0"
		if !c.Value.Bool {
			text = "parent_id != 0"
		}
	case filter.TraceID:
		text = "trace_id = " + p.ID(c.Value.Text)
	case filter.SpanID:
		id, err := ParseSpanID(c.Value.Text)
		if err != nil {
			return "", err
		}
		text = "span_id = " + p.Bind(func(n string) conn.Param { return conn.Uint(n, uint64(id)) }, "UInt64")
	case filter.Class:
		text = enum("class", c.Value.Text, classNames[:], true)
	case filter.Kind:
		text = enum("kind", c.Value.Text, kindNames[:], false)
	case filter.Status:
		text = enum("status", c.Value.Text, statusNames[:], false)
	default:
		text = p.TextOp(textFields[field], positive, c.Value.Text)
	}
	if negative {
		text = "NOT (" + text + ")"
	}
	return text, nil
}

// enum compares a column of numbers with a name. Of an open list the first name stands for every number without a name.
func enum(column, name string, names []string, closed bool) string {
	for i, known := range names {
		if known == name && (i > 0 || closed) {
			return column + " = " + strconv.Itoa(i)
		}
	}
	return column + " NOT BETWEEN 1 AND " + strconv.Itoa(len(names)-1)
}

func (p *printer) intrinsicExists(field string) (string, error) {
	switch field {
	case filter.EventName:
		return "notEmpty(ev_name)", nil
	case filter.LinkTraceID:
		return "notEmpty(ln_trace_id)", nil
	case filter.Root:
		return "parent_id = 0", nil
	}
	if column, text := textFields[field]; text {
		return column + " != ''", nil
	}
	return "1", nil
}
