package traces

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed teams.sql
var teamsSQL string

// ServiceID is what a service is told from others by, within a project.
type ServiceID struct{ Env, Name, Type string }

// maxTeams bounds how many services' teams are read.
const maxTeams = 10_000

// Teams gives the teams of services, as the attribute team of their resources names them, or service.team, service.owner or
// k8s.label.team; services without one are left out.
func (r *Reader) Teams(ctx context.Context, project string, in Range) (map[ServiceID]string, error) {
	type row struct {
		Service string `ch:"service"`
		Type    string `ch:"service_type"`
		Env     string `ch:"env"`
		Team    string `ch:"newest"`
	}
	teams := map[ServiceID]string{}
	params := []conn.Param{conn.Str("project", project), conn.Time("from", in.From), conn.Uint("limit", uint64(maxTeams))}
	for row, err := range conn.Rows[row](ctx, r.db, conn.Query{SQL: teamsSQL, Params: params}) {
		if err != nil {
			return nil, fmt.Errorf("read teams: %w", err)
		}
		teams[ServiceID{row.Env, row.Service, row.Type}] = row.Team
	}
	return teams, nil
}
