package journal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/zeebo/xxh3"
)

const idMagic = "SLJRN-ID"

// loadID reads the journal's id; a damaged or missing file is mended from a segment's header, and an empty folder gets a new id.
func loadID(dir string, segments []*segment) (id [8]byte, err error) {
	path := filepath.Join(dir, "id")
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return id, fmt.Errorf("read journal id: %w", err)
	}
	if len(b) == 20 && string(b[:8]) == idMagic && binary.LittleEndian.Uint32(b[16:]) == crc32.Checksum(b[:16], castagnoli) {
		return [8]byte(b[8:16]), nil
	}
	for _, s := range segments {
		var h segmentHeader
		if h.decode(readPrefix(s.path, segmentHead)) == nil {
			id = h.id
			break
		}
	}
	if id == [8]byte{} {
		rand.Read(id[:])
	}
	return id, writeID(path, id)
}

func writeID(path string, id [8]byte) error {
	var b bytes.Buffer
	b.WriteString(idMagic)
	b.Write(id[:])
	b.Write(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(b.Bytes(), castagnoli)))
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write journal id: %w", err)
	}
	_, err = f.Write(b.Bytes())
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return fmt.Errorf("write journal id: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// readPrefix reads up to n bytes; what can't be read is not there.
func readPrefix(path string, n int) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b := make([]byte, n)
	m, _ := f.ReadAt(b, 0)
	return b[:m]
}

// ID names the journal for good; batch ids carry it.
func (j *Journal) ID() [8]byte { return j.id }

// IngestID is the identity of a request for retries: XXH3-128 of project, signal and the decompressed body as the client sent
// it, seeded by the journal's random id.
func (j *Journal) IngestID(project string, signal uint8, body []byte) [16]byte {
	seed := xxh3.HashStringSeed(project, binary.LittleEndian.Uint64(j.id[:])+uint64(signal))
	return xxh3.Hash128Seed(body, seed).Bytes()
}
