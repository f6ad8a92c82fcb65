package traces

import "github.com/sightline/sightline/storage/traces/peer"

// edgeSum is an edge while its spans are added up.
type edgeSum struct {
	own    viewSum // its caller's view, or of messages and the like its end's
	called viewSum // the called one's
	age    viewSum // how long messages waited
}

// viewSum is a Measure while it is added up: latencies by bucket in a slice, which costs less than a map.
type viewSum struct {
	spans   uint64
	count   [ClassFault + 1]float64
	ns      float64
	buckets []float64
}

func (v *viewSum) add(class Class, ns uint64, weight float64) {
	v.spans++
	v.count[min(class, ClassFault)] += weight
	v.ns += weight * float64(ns)
	bucket := int(LatencyBucket(ns))
	for bucket >= len(v.buckets) {
		v.buckets = append(v.buckets, 0)
	}
	v.buckets[bucket] += weight
}

// merge adds another sum.
func (v *viewSum) merge(o *viewSum) {
	v.spans += o.spans
	for class, n := range o.count {
		v.count[class] += n
	}
	v.ns += o.ns
	for len(v.buckets) < len(o.buckets) {
		v.buckets = append(v.buckets, 0)
	}
	for bucket, weight := range o.buckets {
		v.buckets[bucket] += weight
	}
}

func (v *viewSum) measure() Measure {
	m := Measure{OK: v.count[ClassOK], Error: v.count[ClassError], Throttle: v.count[ClassThrottle], Fault: v.count[ClassFault], Duration: v.ns}
	for bucket, weight := range v.buckets {
		if weight != 0 {
			m.add(uint16(bucket), weight)
		}
	}
	return m
}

// rows gives the nodes their names.
func (j *joiner) rows(labels map[uint64]End) []edgeRow {
	rows := make([]edgeRow, 0, len(j.edges))
	for k, e := range j.edges {
		dst, known := labels[k.dst]
		src := End{EndClient, EndClient, dst.Env, dst.Namespace, dst.Name}
		if k.src != 0 {
			src = labels[k.src]
		}
		if !known || src.Kind == "" {
			continue // of a span that expired while this was read
		}
		if k.src == 0 && dst.Type == peer.Synthetic {
			continue // it is where requests begin
		}
		rows = append(rows, edgeRow{
			edgeKey: edgeKey{k.minute, k.async, src, dst}, Measure: e.own.measure(), Spans: e.own.spans,
			Server: e.called.measure(), Age: e.age.measure(),
		})
	}
	return rows
}
