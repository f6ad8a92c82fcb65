package upkeep

import "context"

// Look is one round of Run.
func (k *Keeper) Look(ctx context.Context) error { return k.look(ctx) }
