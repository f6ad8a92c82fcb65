package logs

import (
	"testing"

	"github.com/sightline/sightline/storage/filter"
)

func TestADeletionTakesWhatRecordsCanBeAskedFor(t *testing.T) {
	for text, want := range map[string]string{
		`user.id = "42"`:                       `user.id = "42"`,
		`duration > 1s`:                        ``,
		`duration > 1s or user.id = "42"`:      `user.id = "42"`,
		`duration > 1s and user.id = "42"`:     ``,
		`not (duration > 1s or user.id = "1")`: ``,
		`service = a and (user.id = "1" or duration > 1s or user.id = "2")`: `service = a and (user.id = "1" or user.id = "2")`,
	} {
		e, err := filter.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if e, ok := ofRecords(e); ok {
			p := newPrinter()
			if _, err := p.Condition(e); err != nil {
				t.Errorf("%s: %v", text, err)
			}
			got = e.String()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
