package traces

// Declared are the columns that row.go declares, by table: name and type in order.
func Declared() map[string][][2]string {
	return map[string][][2]string{
		"spans": declared(spanColumns), "resources": declared(resourceColumns), "trace_index": declared(indexColumns),
	}
}

func declared[R any](columns []column[R]) (out [][2]string) {
	for _, c := range columns {
		out = append(out, [2]string{c.name, c.typ})
	}
	return out
}
