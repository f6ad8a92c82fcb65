package query

import (
	"errors"
	"fmt"
	"time"

	"github.com/sightline/sightline/query/api"
	"github.com/sightline/sightline/query/traceql"
	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/filter"
	"github.com/sightline/sightline/storage/logs"
	"github.com/sightline/sightline/storage/traces"
)

// engineReturns is how long a restart of the engine takes, more or less.
const engineReturns = 2 * time.Second

// translate gives storage's errors their place in the API. What it does not know stays as it is.
func translate(err error) error {
	var told *api.Error
	var bad *filter.Error
	var badTraceQL *traceql.Error
	var engine *conn.Error
	table, part, damaged := conn.Damage(err)
	switch {
	case errors.As(err, &told):
		return err
	case errors.As(err, &bad):
		return &api.Error{Code: api.BadQuery, Message: bad.Message, Hint: bad.Hint, Position: bad.Pos, Cause: err}
	case errors.As(err, &badTraceQL):
		return &api.Error{Code: api.BadQuery, Message: badTraceQL.Msg, Position: badTraceQL.Offset, Cause: err}
	case errors.Is(err, traces.ErrNotFound):
		return &api.Error{Code: api.NotFound, Message: "there is no such trace or span here", Hint: "it may not have arrived yet, or be past its retention", Cause: err}
	case errors.Is(err, logs.ErrNotFound):
		return &api.Error{Code: api.NotFound, Message: "there is no such log record here", Hint: "it may be past its retention", Cause: err}
	case errors.Is(err, conn.ErrUnavailable):
		return &api.Error{Code: api.EngineRestarting, Message: "the storage engine is restarting", Hint: "try again in a moment; ingestion goes on meanwhile", RetryAfter: engineReturns, Cause: err}
	case errors.Is(err, conn.ErrTimeout):
		return &api.Error{Code: api.Timeout, Message: "the query took too long", Hint: "narrow the time range or the filter", Cause: err}
	case damaged:
		return &api.Error{
			Code: api.Internal, Message: fmt.Sprintf("a file of the table %s is damaged: its part %s can't be read", table, part),
			Hint: "ask for a time without it, and restore the data folder from its backup; new data is stored meanwhile (docs/durability.md)", Cause: err,
		}
	case errors.As(err, &engine) && engine.Code == conn.CodeMemoryLimit:
		return &api.Error{Code: api.QueryLimit, Message: "the query needs more memory than a query may use", Hint: "narrow the time range or the filter", Cause: err}
	}
	return err
}
