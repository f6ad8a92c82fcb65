package promapi

// SeriesNames are the names of the metrics made of spans, without _bucket and the like.
func SeriesNames() (names []string) {
	for _, m := range spanMetrics {
		names = append(names, m.about)
	}
	return names
}
