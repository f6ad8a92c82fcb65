package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
)

// folders finds where tables keep their parts, to make inserts survive a power cut.
//
// With fsync_after_insert and fsync_part_directory the engine syncs a part's files and the part's own folder, but not the table's
// folder, which holds the part's name: the rename from tmp_insert_* that stores the part is lost when the power goes before the file
// system commits by itself, and the next start removes what is still called tmp_*. Merges need nothing more: a file system that has
// forgotten the rename of the merged part has also forgotten the later removal of its sources.
type folders struct {
	mu    sync.Mutex
	seen  map[string][]string // by database and table, until a statement other than an INSERT
	epoch int                 // of seen
}

// forget drops what was found: tables may have been made, renamed or dropped.
func (f *folders) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.seen)
	f.epoch++
}

// sync makes the names of an INSERT's new parts durable.
func (f *folders) sync(p *pooled, sql string) error {
	database, table := insertTarget(sql)
	if table == "" {
		return nil // INSERT INTO FUNCTION
	}
	if database == "" {
		database = p.database
	}
	paths, err := f.find(p, database, table)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := syncFolder(path); err != nil {
			return fmt.Errorf("sync the folder of %s.%s: %w", database, table, err)
		}
	}
	return nil
}

func (f *folders) find(p *pooled, database, table string) ([]string, error) {
	key := database + "\x00" + table
	f.mu.Lock()
	paths, known := f.seen[key]
	epoch := f.epoch
	f.mu.Unlock()
	if known {
		return paths, nil
	}
	text, err := p.text("SELECT arrayJoin(data_paths) FROM system.tables WHERE database = " + quoteString(database) + " AND name = " + quoteString(table))
	if err != nil {
		return nil, fmt.Errorf("find the folder of %s.%s: %w", database, table, err)
	}
	for path := range strings.Lines(text) {
		paths = append(paths, strings.TrimRight(path, "\n"))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if epoch == f.epoch {
		f.seen[key] = paths
	}
	return paths, nil
}

// syncFolder is an fsync, not an fdatasync: a rename changes of the folder only what the latter may leave out.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // an engine without files, or a table dropped meanwhile
	}
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// insertTarget is the table that an INSERT names; empty for a function.
func insertTarget(sql string) (database, table string) {
	into, named := false, []string{}
	for t := range tokens(sql) {
		switch {
		case !into:
			into = t.is("INTO")
		case t.is("TABLE") && len(named) == 0:
		case t.is("FUNCTION") && len(named) == 0:
			return "", ""
		case t.word && (len(named) == 0 || named[len(named)-1] == "."):
			named = append(named, t.text)
		case t.text == "." && len(named) == 1:
			named = append(named, ".")
		default:
			return target(named)
		}
	}
	return target(named)
}

func target(named []string) (database, table string) {
	switch len(named) {
	case 1:
		return "", named[0]
	case 3:
		return named[0], named[2]
	}
	return "", ""
}
