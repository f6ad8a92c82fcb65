package logs

// Declared are the columns that row.go declares: name and type in order.
func Declared() (out [][2]string) {
	for _, c := range recordColumns {
		out = append(out, [2]string{c.Name, c.Type})
	}
	return out
}
