package engine

// kind tells statements that are answered differently.
type kind uint8

const (
	kindOther  kind = iota
	kindSelect      // SELECT, WITH or a parenthesis: its result can be streamed
	kindInsert
)

// kindOf tells a statement by its first word.
func kindOf(sql string) kind {
	for t := range tokens(sql) {
		switch {
		case t.is("SELECT"), t.is("WITH"), t.text == "(":
			return kindSelect
		case t.is("INSERT"):
			return kindInsert
		default:
			return kindOther
		}
	}
	return kindOther
}

// splitInsert takes INSERT INTO t (columns) [SETTINGS ...] FORMAT f apart into what stands before FORMAT, and f.
func splitInsert(sql string) (statement, format string, err error) {
	at := -1
	for t := range tokens(sql) {
		if at >= 0 && t.bare {
			return sql[:at], t.text, nil
		}
		if at = -1; t.is("FORMAT") {
			at = t.at
		}
	}
	return "", "", exception(62, "SYNTAX_ERROR", "an INSERT with data must name its FORMAT")
}
