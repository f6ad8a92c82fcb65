package traces

import (
	"cmp"
	"math"
	"slices"

	"github.com/sightline/sightline/storage/filter"
)

// attrCounts is an attribute on two sides, as it was counted.
type attrCounts struct {
	attr     filter.Attr
	number   bool // values are the least of ranges, ascending
	distinct uint64
	in       [2]uint64    // spans that have it
	apart    float64      // of a number: the largest distance of the two distributions
	values   []valueCount // of a category: those with the largest difference of shares at least
}

// valueCount is a value as it is counted (clause.go), and how many spans of each side have it.
type valueCount struct {
	value string
	spans [2]uint64
}

const (
	// notSet is the label of spans without an attribute.
	notSet = "(not set)"
	// uniqueFrom is from how many spans on values can be told to be unique, and uniqueShare how many of them must be distinct.
	uniqueFrom  = 10
	uniqueShare = 0.9
)

// compare scores the attribute; spans are how many each side has. The score of a category is the largest difference of a value's
// shares, where none is a value too. That of a number is the Kolmogorov-Smirnov distance, where spans without it lie below all numbers.
func (c *attrCounts) compare(spans [2]uint64) ComparedAttr {
	share := func(n [2]uint64) (a, b float64) {
		// Spans that were stored meanwhile are in some counts and not in others.
		return min(1, float64(n[0])/float64(max(spans[0], 1))), min(1, float64(n[1])/float64(max(spans[1], 1)))
	}
	out := ComparedAttr{Attr: c.attr, Number: c.number, Values: []ComparedValue{}}
	out.SelectionCoverage, out.BaselineCoverage = share(c.in)
	if n := c.in[0] + c.in[1]; n >= uniqueFrom {
		out.Unique = float64(c.distinct) > uniqueShare*float64(n)
	}
	add := func(label string, e filter.Expr, n [2]uint64) {
		v := ComparedValue{Label: label, Filter: e}
		v.Selection, v.Baseline = share(n)
		out.Values = append(out.Values, v)
	}
	without := [2]uint64{spans[0] - min(spans[0], c.in[0]), spans[1] - min(spans[1], c.in[1])}
	if c.number {
		out.Score = min(1, max(c.apart, math.Abs(out.SelectionCoverage-out.BaselineCoverage)))
		for _, r := range c.ranges() {
			add(r.label, r.filter, r.spans)
		}
		if without != [2]uint64{} {
			add(notSet, absent(c.attr), without)
		}
		return out
	}
	for _, v := range c.values {
		if e, label, ok := clause(c.attr, v.value); ok {
			add(label, e, v.spans)
		}
	}
	if without != [2]uint64{} {
		add(notSet, absent(c.attr), without)
	}
	apart := func(v ComparedValue) float64 { return math.Abs(v.Selection - v.Baseline) }
	slices.SortFunc(out.Values, func(a, b ComparedValue) int {
		return cmp.Or(cmp.Compare(apart(b), apart(a)), cmp.Compare(b.Selection, a.Selection), cmp.Compare(a.Label, b.Label))
	})
	if len(out.Values) > 0 {
		out.Score = apart(out.Values[0])
	}
	out.Values = out.Values[:min(len(out.Values), comparedTop)]
	return out
}

// numberRange is the numbers from one on to another.
type numberRange struct {
	label  string
	filter filter.Expr
	spans  [2]uint64
}

// ranges joins the fine ranges of a number to few that hold about as many spans each. The first and the last are open.
func (c *attrCounts) ranges() []numberRange {
	type part struct {
		from  string
		spans [2]uint64
	}
	var parts []part
	each := float64(c.in[0]+c.in[1]) / (comparedTop - 1) // and one for spans without
	below := uint64(0)
	for _, v := range c.values {
		if n := len(parts); n == 0 || float64(below) >= each*float64(n) && n < comparedTop-1 {
			parts = append(parts, part{from: v.value})
		}
		p := &parts[len(parts)-1]
		for side, n := range v.spans {
			p.spans[side] += n
			below += n
		}
	}
	ranges := make([]numberRange, 0, len(parts))
	for i, p := range parts {
		r := numberRange{spans: p.spans, filter: filter.Exists{Attr: c.attr}, label: "any"}
		from, _ := number(p.from)
		low := filter.Compare{Attr: c.attr, Op: filter.Ge, Value: from}
		if i+1 == len(parts) {
			if i > 0 {
				r.label, r.filter = "≥ "+p.from[2:], low
			}
			ranges = append(ranges, r)
			break
		}
		to, _ := number(parts[i+1].from)
		high := filter.Compare{Attr: c.attr, Op: filter.Lt, Value: to}
		if i == 0 {
			r.label, r.filter = "< "+parts[i+1].from[2:], high
		} else {
			r.label, r.filter = p.from[2:]+" – "+parts[i+1].from[2:], filter.AllOf(low, high)
		}
		ranges = append(ranges, r)
	}
	return ranges
}
