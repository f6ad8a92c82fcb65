package alert

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
)

// maxFile bounds a rule file; Prometheus's own examples have some kilobytes.
const maxFile = 8 << 20

// mark is what a change of a file is noticed by.
type mark struct {
	size     int64
	modified time.Time
	missing  bool
}

// file is a rule file, with the rules of it that are in force.
type file struct {
	mark   mark
	groups *rulefmt.RuleGroups // of the last content that could be read; nil: there was none yet
	broken []string            // why the present content can't be used
}

// files are the rule files that patterns name. What it was made with may be read at any time, the rest is the service's to guard.
type files struct {
	patterns []string
	records  bool // recording rules can be evaluated
	parser   parser.Parser
	read     map[string]*file
	refused  []string // recording rules that can't be evaluated, and patterns that name nothing
}

func newFiles(patterns []string, records bool) *files {
	return &files{patterns: patterns, records: records, parser: parser.NewParser(parser.Options{}), read: map[string]*file{}}
}

// names are the files of the patterns, each once, in order. A name without wildcards is there whether the file is or not, so that its
// absence is a problem and not silence.
func (f *files) names() (names, problems []string) {
	for _, pattern := range f.patterns {
		found, err := filepath.Glob(pattern)
		if err != nil {
			problems = append(problems, fmt.Sprintf("%s: is not a pattern of file names: %v", pattern, err))
			continue
		}
		if len(found) == 0 {
			if !strings.ContainsAny(pattern, `*?[`) {
				found = []string{pattern}
			} else {
				problems = append(problems, pattern+": no file has such a name")
			}
		}
		names = append(names, found...)
	}
	slices.Sort(names)
	return slices.Compact(names), problems
}

// changed reports whether a file is not what was read last.
func (f *files) changed() bool {
	names, _ := f.names()
	if len(names) != len(f.read) {
		return true
	}
	for _, name := range names {
		if known, ok := f.read[name]; !ok || known.mark != markOf(name) {
			return true
		}
	}
	return false
}

func markOf(name string) mark {
	info, err := os.Stat(name)
	if err != nil {
		return mark{missing: true}
	}
	return mark{size: info.Size(), modified: info.ModTime()}
}

// load reads every file anew. One that can't be used keeps what was read of it before; one that no pattern names any more is forgotten.
func (f *files) load() (read map[string]*file, problems []string) {
	names, problems := f.names()
	read = make(map[string]*file, len(names))
	for _, name := range names {
		next := &file{mark: markOf(name)}
		groups, broken := ReadRules(name)
		if next.broken = broken; len(broken) == 0 {
			next.groups = groups
		} else if before := f.read[name]; before != nil {
			next.groups = before.groups
		}
		read[name] = next
		if next.groups != nil && !f.records {
			for _, g := range next.groups.Groups {
				for _, r := range g.Rules {
					if r.Record != "" {
						problems = append(problems, fmt.Sprintf("%s: the recording rule %s is not evaluated: what it records goes in through the collector, and this process has none", name, r.Record))
					}
				}
			}
		}
	}
	return read, problems
}

// inForce are the files with rules, in order.
func (f *files) inForce() []string {
	var names []string
	for name, file := range f.read {
		if file.groups != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// problems are all that is wrong, a line each.
func (f *files) problems() []string {
	var out []string
	for _, file := range f.read {
		for _, problem := range file.broken {
			what := "; its rules are not in force"
			if file.groups != nil {
				what = "; the rules that it had before stay in force"
			}
			out = append(out, problem+what)
		}
	}
	slices.Sort(out)
	return append(out, f.refused...)
}

// broken is how many files can't be used as they are.
func (f *files) broken() (n int) {
	for _, file := range f.read {
		if len(file.broken) > 0 {
			n++
		}
	}
	return n
}

var _ rules.GroupLoader = (*files)(nil)

// Load gives Prometheus's manager what was read, so that a broken file does not keep the others out.
func (f *files) Load(name string, _ bool, _ model.ValidationScheme) (*rulefmt.RuleGroups, []error) {
	file := f.read[name]
	if file == nil || file.groups == nil {
		return nil, []error{fmt.Errorf("load rules: %s was not read", name)}
	}
	if f.records {
		return file.groups, nil
	}
	alerting := &rulefmt.RuleGroups{}
	for _, g := range file.groups.Groups {
		g.Rules = slices.DeleteFunc(slices.Clone(g.Rules), func(r rulefmt.Rule) bool { return r.Record != "" })
		alerting.Groups = append(alerting.Groups, g)
	}
	return alerting, nil
}

// Parse is of rules.GroupLoader.
func (f *files) Parse(query string) (parser.Expr, error) { return f.parser.ParseExpr(query) }

// ReadRules reads a rule file with Prometheus's own package. Every problem begins with file:line: or file:line:column:, where it has a
// place in the file.
func ReadRules(name string) (*rulefmt.RuleGroups, []string) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, []string{name + ": there is no such file"}
	case err == nil && info.IsDir():
		return nil, []string{name + ": is a folder; name its files, as in " + filepath.Join(name, "*.yml")}
	case err == nil && info.Size() > maxFile:
		return nil, []string{fmt.Sprintf("%s: is larger than %d MiB", name, maxFile>>20)}
	}
	content, err := os.ReadFile(name)
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, []string{fmt.Sprintf("%s: can't be read: %v", name, err)}
	}
	groups, errs := rulefmt.Parse(content, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) == 0 {
		return groups, nil
	}
	at := locate(content)
	var problems []string
	for _, err := range errs {
		problems = append(problems, at.explain(name, err)...)
	}
	return nil, slices.Compact(problems)
}
