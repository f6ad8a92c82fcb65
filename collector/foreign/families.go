package foreign

import (
	"encoding/binary"
	"strings"
	"sync"

	"github.com/golang/snappy"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/metadata"
	"github.com/prometheus/prometheus/prompb"
)

// families keeps the metadata that remote write 1.0 sends apart from the samples, once a minute. It is safe for concurrent use.
type families struct {
	mu sync.RWMutex
	of map[family]metadata.Metadata
}

type family struct{ project, name string }

// maxFamilies bounds what senders can make us remember; past it nothing new is learned.
const (
	maxFamilies = 20_000
	maxHelp     = 512 // bytes of a help text, of a unit, of a name
)

func newFamilies() *families { return &families{of: map[family]metadata.Metadata{}} }

// find is the metadata of a series by its name, which may be that of its family with a suffix.
func (f *families) find(project, name string) metadata.Metadata {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if len(f.of) == 0 {
		return metadata.Metadata{}
	}
	if m, ok := f.of[family{project, name}]; ok {
		return m
	}
	for _, suffix := range [...]string{"_total", "_bucket", "_count", "_sum", "_info"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			if m, ok := f.of[family{project, base}]; ok {
				return m
			}
		}
	}
	return metadata.Metadata{}
}

// metadataField is the field of prometheus.WriteRequest.
const metadataField = 3

// learn looks for metadata in a request of version 1. One that can't be read is left to the handler to refuse.
func (f *families) learn(project string, body []byte) {
	b, err := snappy.Decode(nil, body)
	if err != nil {
		return
	}
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag&7 != 2 {
			return
		}
		size, m := binary.Uvarint(b[n:])
		if m <= 0 || size > uint64(len(b)-n-m) {
			return
		}
		value := b[n+m : n+m+int(size)]
		b = b[n+m+int(size):]
		if tag>>3 != metadataField {
			continue
		}
		var entry prompb.MetricMetadata
		if entry.Unmarshal(value) != nil {
			return
		}
		f.put(family{project, entry.MetricFamilyName}, metadata.Metadata{
			Type: model.MetricType(strings.ToLower(entry.Type.String())), Unit: entry.Unit, Help: entry.Help,
		})
	}
}

func (f *families) put(of family, m metadata.Metadata) {
	if len(of.name) > maxHelp || len(m.Unit) > maxHelp {
		return
	}
	if len(m.Help) > maxHelp {
		m.Help = strings.ToValidUTF8(m.Help[:maxHelp], "")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.of[of]; known || len(f.of) < maxFamilies {
		f.of[of] = m
	}
}
