package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sightline/sightline/query"
	"github.com/sightline/sightline/storage/upkeep"
)

// settingsFile is what people set on the page, over the configuration: settings.json in data_dir.
type settingsFile struct {
	Format    int                     `json:"format"`
	Revision  int64                   `json:"revision"` // counts changes
	Changed   time.Time               `json:"changed"`
	By        string                  `json:"by,omitempty"`
	Retention query.RetentionSettings `json:"retention"`
}

const settingsFormat = 1

// Settings are the configuration with what is set on the page over it.
type Settings struct {
	path string
	base RetentionConfig
	from map[string]string // of the configuration

	changing sync.Mutex // held while a change goes to disk and into force
	mu       sync.Mutex
	file     settingsFile
	in       RetentionConfig // force
}

// OpenSettings reads what is set. A file that can't be read or doesn't go with the configuration is an error: how long data is kept is
// not guessed.
func OpenSettings(path string, config Config) (*Settings, error) {
	s := &Settings{path: path, base: config.Retention, from: config.From, in: config.Retention}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read settings: %w", err)
	}
	if err := json.Unmarshal(data, &s.file); err != nil {
		return nil, fmt.Errorf("read settings: %s: %w; mend it, or remove it to go by the config file alone", path, err)
	}
	if s.file.Format > settingsFormat {
		return nil, fmt.Errorf("read settings: %s has format %d, this program knows %d; run that version or a later one", path, s.file.Format, settingsFormat)
	}
	var problems []string
	if s.in, problems = s.over(s.file.Retention); len(problems) > 0 {
		return nil, fmt.Errorf("read settings: %s, over the configuration: %w", path, &ConfigError{problems})
	}
	return s, nil
}

// Retention is what is in force.
func (s *Settings) Retention() RetentionConfig {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.in
}

// over lays settings over the configuration.
func (s *Settings) over(set query.RetentionSettings) (out RetentionConfig, problems []string) {
	out = s.base
	out.Services = map[string]ServiceRetention{}
	maps.Copy(out.Services, s.base.Services)
	add := func(path, format string, args ...any) {
		problems = append(problems, path+": "+fmt.Sprintf(format, args...))
	}
	days := func(path string, n, least int) Duration {
		if n < least || n > 3650 {
			add(path, "%d is not a number of days between %d and 3650", n, least)
			return Duration(day)
		}
		return Duration(time.Duration(n) * day)
	}
	for _, signal := range slices.Sorted(maps.Keys(set.Signals)) {
		to := out.of(signal)
		if to == nil {
			add("retention."+signal, "there is no such signal; there are traces, logs, metrics and rollups")
			continue
		}
		*to = days("retention."+signal, set.Signals[signal], 1)
	}
	for _, service := range slices.Sorted(maps.Keys(set.Services)) {
		own := out.Services[service]
		for _, signal := range slices.Sorted(maps.Keys(set.Services[service])) {
			path := "retention.services." + service + "." + signal
			to := own.of(signal)
			if to == nil {
				add(path, "there is no such signal; there are traces, logs and metrics")
				continue
			}
			*to = days(path, set.Services[service][signal], 0)
		}
		if out.Services[service] = own; own == (ServiceRetention{}) && service != "" {
			delete(out.Services, service) // as everything else
		}
	}
	if len(problems) == 0 {
		out.problems(add)
	}
	return out, problems
}

// try says what would be in force with a change, of the settings that were read under a revision.
func (s *Settings) try(c query.RetentionChange) (RetentionConfig, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.Revision != s.file.Revision {
		return RetentionConfig{}, query.ErrRevision
	}
	in, problems := s.over(c.Set)
	if len(problems) > 0 {
		return in, query.RetentionProblems(problems)
	}
	return in, nil
}

// change puts settings on disk and, by apply, into force. If that fails, what was set before is on disk again.
func (s *Settings) change(c query.RetentionChange, by string, apply func(RetentionConfig) error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	in, err := s.try(c)
	if err != nil {
		return err
	}
	next := settingsFile{Format: settingsFormat, Revision: c.Revision + 1, Changed: time.Now().UTC().Truncate(time.Second), By: by, Retention: c.Set}
	if err := s.write(next); err != nil {
		return err
	}
	if err := apply(in); err != nil {
		s.mu.Lock()
		before := s.file
		s.mu.Unlock()
		return errors.Join(err, s.write(before))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.file, s.in = next, in
	return nil
}

func (s *Settings) write(file settingsFile) error {
	data, err := json.MarshalIndent(file, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(s.path), 0o700)
	}
	if err == nil {
		err = replaceFile(s.path, data)
	}
	if err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

// view tells what is in force, or would be with settings that are tried, and where each value comes from.
func (s *Settings) view(in RetentionConfig, set query.RetentionSettings) query.RetentionView {
	s.mu.Lock()
	file := s.file
	s.mu.Unlock()
	v := query.RetentionView{Revision: file.Revision, By: file.By, MaxClasses: maxRetentionClasses, Set: set}
	if !file.Changed.IsZero() {
		v.Changed = &file.Changed
	}
	for _, class := range in.classes() {
		v.Classes = append(v.Classes, int(class))
	}
	for _, signal := range []string{upkeep.Traces, upkeep.Logs, upkeep.Metrics, upkeep.Rollups} {
		value := query.RetentionValue{Signal: signal, Days: int(in.of(signal).Days()), Without: int(s.base.of(signal).Days())}
		_, here := set.Signals[signal]
		value.From, value.Name = s.source(here, "retention."+signal)
		v.Signals = append(v.Signals, value)
	}
	names := map[string]bool{}
	for name := range in.Services {
		names[name] = true
	}
	for name := range set.Services { // also one that follows everything else again
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		own := query.ServiceRetention{Service: name, Values: []query.RetentionValue{}}
		now, base := in.Services[name], s.base.Services[name]
		for _, signal := range serviceSignals {
			n, here := set.Services[name][signal]
			if *now.of(signal) == 0 && (!here || n != 0 || *base.of(signal) == 0) {
				continue
			}
			value := query.RetentionValue{Signal: signal, Days: int(now.of(signal).Days()), Without: int(base.of(signal).Days())}
			value.From, value.Name = s.source(here, "retention.services."+name+"."+signal, "retention.services."+name)
			own.Values = append(own.Values, value)
		}
		if len(own.Values) > 0 {
			v.Services = append(v.Services, own)
		}
	}
	return v
}

// source says where a value comes from.
func (s *Settings) source(here bool, paths ...string) (from, name string) {
	if here {
		return "here", ""
	}
	for _, path := range paths {
		if name, ok := s.from[path]; ok {
			if strings.HasPrefix(name, "SIGHTLINE_") {
				return "environment", name
			}
			return "file", name
		}
	}
	return "default", ""
}
