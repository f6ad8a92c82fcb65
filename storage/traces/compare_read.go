package traces

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
)

var (
	//go:embed compare_attrs.sql
	compareAttrsSQL string
	//go:embed compare_fields.sql
	compareFieldsSQL string
)

const (
	// comparedTop is how many values of an attribute are told; a number with no more is a category.
	comparedTop = 12
	// fineRanges is how many ranges the values of a number are read in.
	fineRanges = 60
)

// comparedFields are the intrinsics that are compared.
var comparedFields = []string{filter.Service, filter.Name, filter.Kind, filter.Status, filter.Version, filter.Env, filter.Namespace}

// fieldKeys are attributes of resources that say what such a field says.
var fieldKeys = []string{"service.name", "service.version", "service.namespace", "deployment.environment", "deployment.environment.name"}

// codeKeys are attributes that are numbers but have no order.
var codeKeys = []string{"http.response.status_code", "http.status_code", "rpc.grpc.status_code", "db.response.status_code", "server.port", "client.port",
	"network.peer.port", "network.local.port", "net.peer.port", "net.host.port", "process.pid", "thread.id"}

// sides are two scans that share statements: selection, baseline.
type sides struct {
	scans  [2]*scan
	pieces [2]piece
	spans  [2]uint64
}

// query puts both sides' conditions and what more there is into a statement.
func (s *sides) query(sql string, replace []string, params ...conn.Param) conn.Query {
	sql = strings.NewReplacer(append(replace, "/* selection */", s.pieces[0].where, "/* baseline */", s.pieces[1].where)...).Replace(sql)
	params = append(slices.Concat(s.pieces[0].params, s.pieces[1].params, params), conn.Float("na", float64(s.spans[0])), conn.Float("nb", float64(s.spans[1])))
	left := min(time.Until(s.scans[0].deadline), time.Until(s.scans[1].deadline))
	return conn.Query{SQL: sql, Params: params, Timeout: max(left, time.Millisecond)}
}

// count counts the values of everything that is compared.
func (s *sides) count(ctx context.Context, r *Reader, resources [2][]resourceCount) ([]attrCounts, error) {
	var attrs, fields, ofResources []attrCounts
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		attrs, err = s.attrs(ctx)
		return err
	})
	group.Go(func() (err error) {
		fields, err = s.fields(ctx)
		return err
	})
	group.Go(func() error {
		known, err := r.resourceAttrs(ctx, s.scans[0].set.Project, slices.Concat(resources[0], resources[1]))
		ofResources = resourceCounts(resources, known)
		return err
	})
	err := group.Wait()
	return slices.Concat(fields, attrs, ofResources), err
}

// attrs counts the spans' own attributes.
func (s *sides) attrs(ctx context.Context) ([]attrCounts, error) {
	var columns, lifted []string
	for i := liftMethod; i < liftTexts; i++ {
		columns = append(columns, liftedNames[i])
		lifted = append(lifted, "("+"'"+liftedKeyOf[i]+"', toString("+plainColumn(liftedNames[i])+"))")
	}
	columns = append(columns, "a_http_response_status_code")
	pairs := func(array string) string { return "CAST(" + array + ", 'Array(Tuple(String, String))')" }
	attributes := "arrayConcat(" + strings.Join([]string{
		pairs("arrayMap((k, v) -> (k, " + storedText("v") + "), mapKeys(attrs), mapValues(attrs))"),
		pairs("arrayMap((k, v) -> (k, concat('\\0n', toString(v))), mapKeys(attrs_int), mapValues(attrs_int))"),
		pairs("arrayMap((k, v) -> (k, " + storedFloat("v") + "), mapKeys(attrs_float), mapValues(attrs_float))"),
		pairs("arrayFilter(x -> tupleElement(x, 2) != '', [" + strings.Join(lifted, ", ") + "])"),
		pairs("if(a_http_response_status_code != 0, [('" + liftedKeyOf[liftHTTPStatus] + "', concat('\\0n', toString(a_http_response_status_code)))], [])"),
	}, ",\n        ") + ")"
	type row struct {
		Key      string  `ch:"key"`
		InA      uint64  `ch:"have_a"`
		InB      uint64  `ch:"have_b"`
		Distinct uint64  `ch:"values"`
		Number   uint8   `ch:"is_number"`
		First    string  `ch:"first"`
		Last     string  `ch:"last"`
		A        uint64  `ch:"a"`
		B        uint64  `ch:"b"`
		Apart    float64 `ch:"apart"`
	}
	q := s.query(compareAttrsSQL, []string{"/* attributes */", attributes, "/* columns */", strings.Join(columns, ", ")},
		conn.Uint("top", uint64(comparedTop)), conn.Uint("ranges", uint64(fineRanges)), conn.Strings("codes", codeKeys))
	rows, err := rowsOf[row](ctx, s.scans[0], q)
	if err != nil {
		return nil, fmt.Errorf("count attributes: %w", err)
	}
	var all []attrCounts
	for _, row := range rows { // by key
		if n := len(all); n == 0 || all[n-1].attr.Key != row.Key {
			all = append(all, attrCounts{attr: filter.Attr{Scope: filter.Span, Key: row.Key}, number: row.Number != 0, distinct: row.Distinct, in: [2]uint64{row.InA, row.InB}})
		}
		c := &all[len(all)-1]
		c.apart = max(c.apart, row.Apart)
		c.values = append(c.values, valueCount{row.First, [2]uint64{row.A, row.B}})
	}
	return all, nil
}

// fields counts the intrinsics.
func (s *sides) fields(ctx context.Context) ([]attrCounts, error) {
	p := newPrinter("")
	var columns, values, sets, texts []string
	all := make([]attrCounts, len(comparedFields))
	place := map[uint64]*attrCounts{}
	for i, key := range comparedFields {
		all[i] = attrCounts{attr: filter.Attr{Key: key}, in: s.spans}
		which, name := uint64(1)<<len(all)-1^1<<(len(all)-1-i), fmt.Sprintf("v%d", i)
		place[which] = &all[i]
		value, text := p.counted(all[i].attr, true)
		columns, sets, values = append(columns, name), append(sets, "("+name+")"), append(values, value+" AS "+name)
		texts = append(texts, fmt.Sprintf("which = %d, %s", which, text(name)))
	}
	type row struct {
		Which    uint64 `ch:"which"`
		Value    string `ch:"value"`
		A        uint64 `ch:"a"`
		B        uint64 `ch:"b"`
		Distinct uint64 `ch:"distinct"`
	}
	q := s.query(compareFieldsSQL, []string{"/* columns */", strings.Join(columns, ", "), "/* values */", strings.Join(values, ", "), "/* texts */", strings.Join(texts, ", "),
		"/* sets */", strings.Join(sets, ", ")}, conn.Uint("top", uint64(comparedTop+2)))
	rows, err := rowsOf[row](ctx, s.scans[1], q)
	if err != nil {
		return nil, fmt.Errorf("count fields: %w", err)
	}
	for _, row := range rows {
		c := place[row.Which]
		if row.Value == "" {
			c.in = [2]uint64{s.spans[0] - min(row.A, s.spans[0]), s.spans[1] - min(row.B, s.spans[1])}
			continue
		}
		c.distinct = max(c.distinct, row.Distinct)
		if words := fieldWords[c.attr.Key]; words != nil {
			row.Value = wordOf(words, row.Value)
		}
		c.values = append(c.values, valueCount{row.Value, [2]uint64{row.A, row.B}})
	}
	return all, nil
}

// resourceCounts counts the attributes of resources; what is a number among them is a category.
func resourceCounts(resources [2][]resourceCount, attrs map[[16]byte][]Attr) []attrCounts {
	counts := map[string]map[string]*valueCount{}
	for side, rows := range resources {
		for _, row := range rows {
			for i := range attrs[row.ID] {
				a := &attrs[row.ID][i]
				if slices.Contains(fieldKeys, a.Key) {
					continue
				}
				if counts[a.Key] == nil {
					counts[a.Key] = map[string]*valueCount{}
				}
				v := countedAttr(a)
				if counts[a.Key][v] == nil {
					counts[a.Key][v] = &valueCount{value: v}
				}
				counts[a.Key][v].spans[side] += row.Spans
			}
		}
	}
	all := make([]attrCounts, 0, len(counts))
	for key, values := range counts {
		c := attrCounts{attr: filter.Attr{Scope: filter.Resource, Key: key}, distinct: uint64(len(values))}
		for _, v := range values {
			c.values = append(c.values, *v)
			for side, n := range v.spans {
				c.in[side] += n
			}
		}
		all = append(all, c)
	}
	return all
}
