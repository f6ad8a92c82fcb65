package engine

import "fmt"

// summary is what a statement cost, as ClickHouse's X-ClickHouse-Summary tells it.
type summary struct {
	readRows, readBytes, writtenRows, writtenBytes uint64
	elapsedNS                                      int64
}

// header is the value of X-ClickHouse-Summary; ClickHouse writes the numbers as strings.
func (s summary) header() string {
	return fmt.Sprintf(`{"read_rows":"%d","read_bytes":"%d","written_rows":"%d","written_bytes":"%d","elapsed_ns":"%d"}`,
		s.readRows, s.readBytes, s.writtenRows, s.writtenBytes, s.elapsedNS)
}
