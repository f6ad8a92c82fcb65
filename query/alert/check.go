package alert

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
)

// Checked is what a rule file has.
type Checked struct {
	File                        string
	Groups, Alerting, Recording int
}

// String is "rules.yml: 2 groups, 5 alerting rules, 1 recording rule".
func (c Checked) String() string {
	parts := []string{count(c.Groups, "group"), count(c.Alerting, "alerting rule")}
	if c.Recording > 0 {
		parts = append(parts, count(c.Recording, "recording rule"))
	}
	return c.File + ": " + strings.Join(parts, ", ")
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// Check reads rule files, by name or pattern, as a service would, and says what they have or everything that is wrong with them.
func Check(patterns []string) (good []Checked, problems []string) {
	f := newFiles(patterns, true)
	names, problems := f.names()
	for _, name := range names {
		groups, broken := ReadRules(name)
		if problems = append(problems, broken...); len(broken) == 0 {
			good = append(good, checked(name, groups))
		}
	}
	return good, slices.Clip(problems)
}

func checked(name string, groups *rulefmt.RuleGroups) Checked {
	c := Checked{File: name, Groups: len(groups.Groups)}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			if r.Record != "" {
				c.Recording++
			} else {
				c.Alerting++
			}
		}
	}
	return c
}
