package traces

import "github.com/sightline/sightline/storage/encode"

// Declared are the columns that row.go declares, by table: name and type in order.
func Declared() map[string][][2]string {
	return map[string][][2]string{
		"spans": declared(spanColumns), "resources": encode.ResourceColumns(), "trace_index": declared(indexColumns),
		"exceptions": declared(exceptionColumns),
	}
}

func declared[R any](columns []encode.Column[*Batch, R]) (out [][2]string) {
	for _, c := range columns {
		out = append(out, [2]string{c.Name, c.Type})
	}
	return out
}
