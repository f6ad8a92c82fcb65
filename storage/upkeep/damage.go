package upkeep

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"slices"

	"github.com/sightline/sightline/storage/conn"
)

//go:embed damage.sql
var damageSQL string

// Damaged is a part of a table that the engine can't read.
type Damaged struct {
	Table, Part string
	Aside       bool // the engine has put it aside: nothing of it is in any answer. Else what reads it fails.
}

// Damage is what the engine has found since it started, by table; on a cluster the node that answers. Damage that nothing has
// read yet is not known.
func (s *Store) Damage(ctx context.Context) ([]Damaged, error) {
	type row struct {
		Table   string `ch:"table"`
		Part    string `ch:"part"`
		Message string `ch:"message"`
	}
	rows, err := conn.All[row](ctx, s.db, conn.Query{SQL: damageSQL, Params: []conn.Param{conn.Str("database", s.db.Database()), conn.Strings("names", conn.DamageNames())}})
	if err != nil {
		return nil, fmt.Errorf("read damage: %w", err)
	}
	var all []Damaged
	for _, r := range rows {
		if r.Part != "" {
			all = append(all, Damaged{r.Table, r.Part, true})
		} else if database, table, part, ok := conn.DamagedPart(r.Message); ok && database == s.db.Database() {
			all = append(all, Damaged{table, part, false})
		}
	}
	slices.SortFunc(all, func(a, b Damaged) int { return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Part, b.Part)) })
	return slices.Compact(all), nil
}
