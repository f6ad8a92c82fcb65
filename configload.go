package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ConfigError lists every problem of a configuration at once, each with its key path.
type ConfigError struct{ Problems []string }

func (e *ConfigError) Error() string {
	return "config:\n  " + strings.Join(e.Problems, "\n  ")
}

// LoadConfig reads the file (none if path is empty), lays the environment over it and checks the result.
// The error is a *ConfigError unless the file can't be read.
func LoadConfig(path string, environ func(string) (string, bool)) (Config, error) {
	c := DefaultConfig()
	var problems []string
	if path != "" {
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return c, fmt.Errorf("read config: %w; without --config the defaults are used", err)
		}
		if err != nil {
			return c, fmt.Errorf("read config: %w", err)
		}
		problems = decodeConfig(data, &c, filepath.Base(path), environ)
		c.Alerting.from(filepath.Dir(path)) // a variable's are from the working directory on
	}
	problems = append(problems, overlayEnviron(&c, environ)...)
	if problems = append(problems, c.problems()...); len(problems) > 0 {
		return c, &ConfigError{problems}
	}
	return c, nil
}

func decodeConfig(data []byte, c *Config, name string, environ func(string) (string, bool)) []string {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if len(doc.Content) == 0 { // an empty file
		return nil
	}
	c.From = map[string]string{}
	d := decoder{environ: environ, name: name, from: c.From}
	d.decode("", doc.Content[0], reflect.ValueOf(c).Elem())
	return d.problems
}

// decoder walks YAML and struct side by side, so that each problem has its key path and none hides another.
type decoder struct {
	environ  func(string) (string, bool)
	name     string            // of the file
	from     map[string]string // gets the name, by the path of each value
	problems []string
}

func (d *decoder) add(path string, node *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, fmt.Sprintf("%s: %s (line %d)", path, fmt.Sprintf(format, args...), node.Line))
}

func (d *decoder) decode(path string, node *yaml.Node, v reflect.Value) {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	switch {
	case node.Kind == yaml.ScalarNode && node.Tag == "!!null":
		return // `retention:` with nothing below keeps the defaults
	case v.Kind() == reflect.Struct && !(node.Kind == yaml.ScalarNode && hasShortForm(v)):
		d.decodeStruct(path, node, v)
	case v.Kind() == reflect.Map && v.Type().Elem().Kind() != reflect.Interface:
		d.decodeMap(path, node, v)
	case isList(v) && node.Kind != yaml.ScalarNode:
		d.decodeList(path, node, v)
	default:
		d.from[path] = d.name
		d.expand(path, node)
		if err := node.Decode(v.Addr().Interface()); err != nil {
			d.add(path, node, "%s", cleanYAMLError(err))
		}
	}
}

// hasShortForm says that a struct can be written as a scalar, too.
func hasShortForm(v reflect.Value) bool {
	_, ok := v.Addr().Interface().(yaml.Unmarshaler)
	return ok
}

func (d *decoder) decodeStruct(path string, node *yaml.Node, v reflect.Value) {
	if node.Kind != yaml.MappingNode {
		d.add(orRoot(path), node, "is not a mapping of keys")
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		field, ok := fieldByKey(v, key.Value)
		if !ok {
			d.add(join(path, key.Value), key, "unknown key; known here: %s", strings.Join(keysOf(v), ", "))
			continue
		}
		d.decode(join(path, key.Value), value, field)
	}
}

func (d *decoder) decodeMap(path string, node *yaml.Node, v reflect.Value) {
	if node.Kind != yaml.MappingNode {
		d.add(path, node, "is not a mapping of keys")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := 0; i+1 < len(node.Content); i += 2 {
		element := reflect.New(v.Type().Elem()).Elem()
		d.decode(join(path, node.Content[i].Value), node.Content[i+1], element)
		v.SetMapIndex(reflect.ValueOf(node.Content[i].Value), element)
	}
}

// isList says that a value is a list of structs.
func isList(v reflect.Value) bool {
	return v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct
}

func (d *decoder) decodeList(path string, node *yaml.Node, v reflect.Value) {
	if node.Kind != yaml.SequenceNode {
		d.add(path, node, "is not a list")
		return
	}
	v.SetZero()
	for i, item := range node.Content {
		element := reflect.New(v.Type().Elem()).Elem()
		d.decode(fmt.Sprintf("%s[%d]", path, i), item, element)
		v.Set(reflect.Append(v, element))
	}
}

var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}`)

// expand replaces ${NAME} and ${NAME:-default} in every scalar below node.
func (d *decoder) expand(path string, node *yaml.Node) {
	for _, child := range node.Content {
		d.expand(path, child)
	}
	if node.Kind != yaml.ScalarNode || !strings.Contains(node.Value, "${") {
		return
	}
	node.Value = reference.ReplaceAllStringFunc(node.Value, func(match string) string {
		parts := reference.FindStringSubmatch(match)
		if value, ok := d.environ(parts[1]); ok {
			return value
		}
		if parts[2] == "" {
			d.add(path, node, "environment variable %s is not set", parts[1])
		}
		return parts[3]
	})
	if node.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) == 0 {
		node.Tag = "" // let a number be a number
	}
}

// overlayEnviron lays SIGHTLINE_... variables over the scalars of c.
func overlayEnviron(c *Config, environ func(string) (string, bool)) (problems []string) {
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		for i := range v.NumField() {
			at, field := join(path, keyOf(v.Type().Field(i))), v.Field(i)
			if field.Kind() == reflect.Struct {
				walk(at, field)
				continue
			}
			name := "SIGHTLINE_" + strings.ToUpper(strings.ReplaceAll(at, ".", "_"))
			value, ok := environ(name)
			if !ok || field.Kind() == reflect.Map || isList(field) {
				continue
			}
			if c.From == nil {
				c.From = map[string]string{}
			}
			c.From[at] = name
			node := yaml.Node{Kind: yaml.ScalarNode, Value: value}
			if field.Kind() == reflect.String {
				node.Tag = "!!str"
			}
			if field.Kind() == reflect.Slice {
				node = yaml.Node{Kind: yaml.SequenceNode}
				for part := range strings.SplitSeq(value, ",") {
					node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: strings.TrimSpace(part)})
				}
			}
			if err := node.Decode(field.Addr().Interface()); err != nil {
				problems = append(problems, fmt.Sprintf("%s: %s (from %s)", at, cleanYAMLError(err), name))
			}
		}
	}
	walk("", reflect.ValueOf(c).Elem())
	return problems
}

func keyOf(f reflect.StructField) string { return f.Tag.Get("yaml") }

func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if key != "-" && keyOf(v.Type().Field(i)) == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func keysOf(v reflect.Value) []string {
	var keys []string
	for i := range v.NumField() {
		if key := keyOf(v.Type().Field(i)); key != "-" {
			keys = append(keys, key)
		}
	}
	return keys
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func orRoot(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

var yamlLine = regexp.MustCompile(`^line \d+: `)

func cleanYAMLError(err error) string {
	var typed *yaml.TypeError
	if errors.As(err, &typed) && len(typed.Errors) > 0 {
		return strings.ReplaceAll(yamlLine.ReplaceAllString(typed.Errors[0], ""), "!!", "")
	}
	return strings.TrimPrefix(err.Error(), "yaml: ")
}

// Duration is written 90s, 15m, 12h or 7d.
type Duration time.Duration

func (d Duration) String() string {
	if t := time.Duration(d); t >= day && t%day == 0 {
		return strconv.FormatInt(int64(t/day), 10) + "d"
	}
	return time.Duration(d).String()
}

// UnmarshalYAML reads the spelling of String.
func (d *Duration) UnmarshalYAML(node *yaml.Node) error {
	if days, ok := strings.CutSuffix(node.Value, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			*d = Duration(time.Duration(n) * day)
			return nil
		}
	}
	parsed, err := time.ParseDuration(node.Value)
	if err != nil || parsed < 0 {
		return fmt.Errorf("%q is not a duration like 90s, 12h or 7d", node.Value)
	}
	*d = Duration(parsed)
	return nil
}

// Size is a number of bytes, written 64KiB, 16MiB, 8GiB or a plain number.
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

func (s Size) String() string {
	for _, u := range sizeUnits {
		if int64(s) >= u.bytes && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// UnmarshalYAML reads the spelling of String.
func (s *Size) UnmarshalYAML(node *yaml.Node) error {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(node.Value, u.suffix)
		if !ok {
			continue
		}
		if n, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64); err == nil && n >= 0 && n <= (1<<62)/u.bytes {
			*s = Size(n * u.bytes)
			return nil
		}
		break
	}
	return fmt.Errorf("%q is not a size like 64KiB, 16MiB or 8GiB", node.Value)
}
