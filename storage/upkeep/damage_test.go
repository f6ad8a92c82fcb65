package upkeep_test

import (
	"testing"

	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/upkeep"
)

// TestNothingIsDamaged: the statement runs, and says nothing of a database that is well.
func TestNothingIsDamaged(t *testing.T) {
	if all, err := upkeep.NewStore(storagetest.Open(t)).Damage(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

func BenchmarkDamage(b *testing.B) {
	s := upkeep.NewStore(storagetest.Open(b))
	for b.Loop() {
		if _, err := s.Damage(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
