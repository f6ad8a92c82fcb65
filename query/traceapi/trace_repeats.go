package traceapi

import (
	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/timeline"
)

// writeRepeats writes the operations that were called again and again; the column `repeat` of the spans numbers them.
func writeRepeats(s *api.Stream, t *timeline.Timeline) {
	number := func(key string, n int64) { s.Key(key); s.Int(n) }
	flag := func(key string, v bool) { s.Key(key); s.Bool(v) }
	s.Key("repeats")
	s.Open('[')
	for i := range t.Repeats {
		r := &t.Repeats[i]
		s.Open('{')
		number("parent", int64(r.Parent))
		number("first", int64(r.First))
		number("last", int64(r.Last))
		s.Key("first_id")
		s.String(r.FirstID.String())
		number("count", int64(r.Count))
		number("errors", int64(r.Failures))
		number("total_ns", int64(r.Total))
		number("max_ns", int64(r.Max))
		number("start", int64(r.Start))
		number("end", int64(r.End))
		flag("parallel", r.Parallel)
		flag("n_plus_one", r.NPlusOne)
		s.Close('}')
	}
	s.Close(']')
}
