package traces

// Measure is what the rollups keep about requests: counts by class, and latency in buckets. Counts are weighted by sampling. The
// zero value is no requests.
type Measure struct {
	OK, Error, Throttle, Fault float64
	Duration                   float64            // sum of weight * ns
	Max                        uint64             // ns; 0 where it is not known
	Latency                    map[uint16]float64 // LatencyBucket -> weight
}

// Requests is how many there were.
func (m *Measure) Requests() float64 { return m.OK + m.Error + m.Throttle + m.Fault }

// Add sums o into m. It never keeps o's map.
func (m *Measure) Add(o *Measure) {
	m.OK += o.OK
	m.Error += o.Error
	m.Throttle += o.Throttle
	m.Fault += o.Fault
	m.Duration += o.Duration
	m.Max = max(m.Max, o.Max)
	for bucket, weight := range o.Latency {
		m.add(bucket, weight)
	}
}

func (m *Measure) add(bucket uint16, weight float64) {
	if m.Latency == nil {
		m.Latency = map[uint16]float64{}
	}
	m.Latency[bucket] += weight
}
