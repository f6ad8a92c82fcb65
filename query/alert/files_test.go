package alert_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sightline/sightline/query/alert"
)

func TestReadRulesSaysWhereAProblemIs(t *testing.T) {
	name := filepath.Join(t.TempDir(), "r.yml")
	f := func(text string, want ...string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, got := alert.ReadRules(name)
		if len(got) != len(want) {
			t.Errorf("%s\nhas problems %q, want %q", text, got, want)
			return
		}
		for i := range got {
			if !strings.Contains(got[i], strings.ReplaceAll(want[i], "FILE", name)) {
				t.Errorf("%s\nhas the problem %q, want %q", text, got[i], want[i])
			}
		}
	}
	const head = "groups:\n  - name: g\n    rules:\n"
	f("")
	f(head + "      - alert: A\n        expr: up == 0\n")
	f(head+"      - alert: A\n        expr: sum()\n", `FILE:5:15: group "g", "A": expr: no arguments for aggregate expression`)
	f(head+"      - alert: A\n        expr: rat(x)\n", `FILE:5:15: group "g", "A": expr: unknown function with name "rat"`)
	f(head+"      - alert: A\n        expr: 'rat(x)'\n", `FILE:5:16: group`)
	f(head+"      - alert: A\n        expr: |\n          1 +\n          rat(x)\n", `FILE:7: group "g", "A": expr: unknown function`)
	f(head+"      - alert: A\n        exp: up\n", `FILE:5: there is no field exp here; a rule has alert or record, expr`)
	f("rules: []\n", `FILE:1: there is no field rules here; groups is all`)
	f(head+"      - expr: up\n", `group "g", rule 1: one of 'record' or 'alert' must be set`)
	f(head+"      - alert: A\n", `FILE:4: group "g", "A": field 'expr' must be set`)
	f(head+"      - alert: A\n        expr: up\n        for: soon\n", `FILE:6: not a valid duration string: "soon"`)
	f(head+"      - alert: A\n        expr: up\n      - alert: B\n        expr: up\n        annotations: {summary: '{{ $labels.x'}\n", `FILE:6: group "g", "B": annotation "summary"`)
	f("groups:\n  - name: g\n  - name: g\n", `FILE:3: groupname: "g" is repeated`)
	f("groups: [\n", `FILE:1: `)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, got := alert.ReadRules(name); len(got) != 1 || got[0] != name+": there is no such file" {
		t.Errorf("%q", got)
	}
	if _, got := alert.ReadRules(t.TempDir()); len(got) != 1 || !strings.Contains(got[0], "is a folder") {
		t.Errorf("%q", got)
	}
}
