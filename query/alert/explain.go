package alert

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// places are where rules are in a file: Prometheus's errors name a group and the rule's number, and a line only at times.
type places map[place]nodes

type place struct {
	group string
	rule  int // from 1
}

type nodes struct{ rule, expr *yaml.Node }

// wholeGroup is the place of a group.
func wholeGroup(name string) place { return place{name, 0} }

// locate finds the rules of a file that may be broken.
func locate(content []byte) places {
	var doc struct {
		Groups []yaml.Node `yaml:"groups"`
	}
	_ = yaml.Unmarshal(content, &doc) // what can't be read has no places
	out := places{}
	for i := range doc.Groups {
		group := &doc.Groups[i]
		name := ""
		if n := child(group, "name"); n != nil {
			name = n.Value
		}
		out[wholeGroup(name)] = nodes{rule: group} // of several with one name it is the later that is wrong
		if list := child(group, "rules"); list != nil {
			for k, rule := range list.Content {
				out[place{name, k + 1}] = nodes{rule: rule, expr: child(rule, "expr")}
			}
		}
	}
	return out
}

func child(n *yaml.Node, key string) *yaml.Node {
	for k := 0; k+1 < len(n.Content); k += 2 {
		if n.Content[k].Value == key {
			return n.Content[k+1]
		}
	}
	return nil
}

// find is the first place below any rule or group where a text stands as a value, for errors that quote it and tell no place.
func (p places) find(text string) (line int) {
	var look func(n *yaml.Node)
	look = func(n *yaml.Node) {
		if n.Kind == yaml.ScalarNode && n.Value == text && (line == 0 || n.Line < line) {
			line = n.Line
		}
		for _, c := range n.Content {
			look(c)
		}
	}
	for _, n := range p {
		look(n.rule)
	}
	return line
}

var (
	yamlProblem  = regexp.MustCompile(`^(?:yaml: )?line (\d+): (?s:(.*))$`)
	unknownField = regexp.MustCompile(`^field (.*) not found in type rulefmt\.(\w+)$`)
	leadingPlace = regexp.MustCompile(`^(\d+):(\d+): `)
	sameGroup    = regexp.MustCompile(`^groupname: "(.*)" is repeated`)
	quotedLast   = regexp.MustCompile(`"([^"]+)"$`)
)

// fieldsOf are the fields of rule files, by Prometheus's types.
var fieldsOf = map[string]string{
	"RuleGroups": "groups is all that stands at the top of a rule file",
	"RuleGroup":  "a group has name, interval, query_offset, limit, labels and rules",
	"Rule":       "a rule has alert or record, expr, for, keep_firing_for, labels and annotations",
}

// explain says an error of Prometheus's in this house's form.
func (p places) explain(name string, err error) []string {
	var typed *yaml.TypeError
	if errors.As(err, &typed) {
		var out []string
		for _, text := range typed.Errors {
			out = append(out, ofYAML(name, text))
		}
		return out
	}
	var wrong *rulefmt.Error
	if !errors.As(err, &wrong) {
		text := err.Error()
		if m := leadingPlace.FindString(text); m != "" { // of a group, whose place Prometheus does not find itself
			text = text[len(m):]
			group := ""
			if m := sameGroup.FindStringSubmatch(text); m != nil {
				group = m[1]
			}
			if n, ok := p[wholeGroup(group)]; ok {
				return []string{fmt.Sprintf("%s:%d: %s", name, n.rule.Line, text)}
			}
		}
		if m := quotedLast.FindStringSubmatch(text); m != nil && p.find(m[1]) > 0 {
			return []string{fmt.Sprintf("%s:%d: %s", name, p.find(m[1]), text)}
		}
		return []string{ofYAML(name, text)}
	}
	n := p[place{wrong.Group, wrong.Rule}]
	cause := errors.Unwrap(&wrong.Err)
	if cause == nil {
		return []string{name + ": " + err.Error()}
	}
	rule := strconv.Quote(wrong.RuleName)
	if wrong.RuleName == "" {
		rule = "rule " + strconv.Itoa(wrong.Rule)
	}
	where := fmt.Sprintf("group %q, %s", wrong.Group, rule)
	var parse parser.ParseErrors
	if errors.As(cause, &parse) && n.expr != nil {
		var out []string
		for _, e := range parse {
			out = append(out, fmt.Sprintf("%s:%s: %s: expr: %v", name, inExpr(n.expr, &e), where, e.Err))
		}
		return out
	}
	at := ""
	if m := leadingPlace.FindStringSubmatch(wrong.Error()); m != nil && m[1] != "0" {
		at = m[1] + ":" + m[2] + ":"
	} else if n.rule != nil {
		at = strconv.Itoa(n.rule.Line) + ":"
	}
	return []string{fmt.Sprintf("%s:%s %s: %v", name, at, where, cause)}
}

// inExpr is the line and, where it can be told, the column in the file of an error within an expression.
func inExpr(expr *yaml.Node, e *parser.ParseErr) string {
	text := e.Query[:min(max(int(e.PositionRange.Start), 0), len(e.Query))]
	line := strings.Count(text, "\n")
	column := len(text) - strings.LastIndexByte(text, '\n') // from 1
	switch {
	case expr.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0: // the text begins on the line below its mark
		return strconv.Itoa(expr.Line + 1 + line)
	case line > 0 || strings.Contains(expr.Value, "\n"):
		return strconv.Itoa(expr.Line + line)
	case expr.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		column++
	}
	return fmt.Sprintf("%d:%d", expr.Line, expr.Column+column-1)
}

func ofYAML(name, text string) string {
	text = strings.TrimPrefix(text, "yaml: ")
	at := ""
	if m := yamlProblem.FindStringSubmatch(text); m != nil {
		at, text = m[1]+":", m[2]
	}
	if m := unknownField.FindStringSubmatch(text); m != nil {
		text = fmt.Sprintf("there is no field %s here; %s", m[1], fieldsOf[m[2]])
	}
	return fmt.Sprintf("%s:%s %s", name, at, strings.ReplaceAll(text, "!!", ""))
}
