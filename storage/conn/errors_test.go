package conn_test

import (
	"fmt"
	"testing"

	"github.com/sightline/sightline/storage/conn"
)

func TestDamageNamesThePart(t *testing.T) {
	const message = "Checksum doesn't match: corrupted data. While reading or decompressing /d/store/0bd/0bdf0e98/7-20261122_1_1_0/data.bin (position: 1): " +
		"(while reading column span_id): (while reading from part /d/store/0bd/0bdf0e98/7-20261122_1_1_0/ in table sightline.spans (0bdf0e98) located on disk default of type local, from mark 0)"
	for _, err := range []error{
		&conn.Error{Code: 40, Name: "CHECKSUM_DOESNT_MATCH", Message: message},
		fmt.Errorf("list spans: %w", &conn.Error{Code: 40, Message: message + ": While executing MergeTreeSelect. (CHECKSUM_DOESNT_MATCH)"}),
	} {
		if table, part, ok := conn.Damage(err); !ok || table != "spans" || part != "7-20261122_1_1_0" {
			t.Errorf("%v: %q, %q, %v", err, table, part, ok)
		}
	}
	for _, err := range []error{
		nil,
		fmt.Errorf("other: %s", message),
		&conn.Error{Code: 241, Name: "MEMORY_LIMIT_EXCEEDED", Message: "(while reading from part /d/store/a/7-1_1_1_0/ in table sightline.spans (0) located)"},
		&conn.Error{Code: 40, Name: "CHECKSUM_DOESNT_MATCH", Message: "Checksum doesn't match"},
	} {
		if _, _, ok := conn.Damage(err); ok {
			t.Errorf("%v is no damaged part", err)
		}
	}
}
