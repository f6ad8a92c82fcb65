package traces

import _ "embed"

// The statements of the readers; each file says what it is for.
var (
	//go:embed read_sizes.sql
	sizesSQL string
	//go:embed read_has_spans.sql
	hasSpansSQL string
	//go:embed read_bounds.sql
	boundsSQL string
	//go:embed read_trace.sql
	traceSQL string
	//go:embed read_trace_total.sql
	traceTotalSQL string
	//go:embed read_whole.sql
	wholeSQL string
	//go:embed read_resources.sql
	resourcesSQL string
	//go:embed read_linked_from.sql
	linkedFromSQL string
)
