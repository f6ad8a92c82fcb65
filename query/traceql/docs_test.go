package traceql_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sightline/sightline/query/traceql"
)

func TestExamplesOfThePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/traceql.md")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for i, block := range strings.Split(string(page), "```traceql\n") {
		if i == 0 {
			continue
		}
		examples, _, _ := strings.Cut(block, "```")
		for line := range strings.Lines(examples) {
			n++
			if _, err := traceql.Parse(strings.TrimSpace(line)); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d examples", n)
	}
}
