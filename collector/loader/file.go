package loader

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// magic opens each copy of the state; the number behind it is the layout of the file, not of the JSON in it.
const magic = "sightline-loader-state 1"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged says that neither copy of the state in the file can be read.
var errDamaged = errors.New("both copies of the state are damaged")

// seal wraps a payload for the disk: twice the same copy, each with its checksum. One file and one fsync hold both, and a bit that
// flips later spoils only one of them.
func seal(payload []byte) []byte {
	head := fmt.Sprintf("%s %08x %d\n", magic, crc32.Checksum(payload, castagnoli), len(payload))
	copied := make([]byte, 0, len(head)+len(payload)+1)
	copied = append(copied, head...)
	copied = append(copied, payload...)
	copied = append(copied, '\n')
	return append(copied, copied...)
}

// unseal gives the payload of the first intact copy; hurt says that one of the two was not intact.
func unseal(file []byte) (payload []byte, hurt bool, err error) {
	half := len(file) / 2
	if p, ok := unsealCopy(file); ok {
		return p, !bytes.Equal(file[:half], file[half:]), nil
	}
	// The first is spoilt: the second begins in the middle, or where the magic stands again if bytes went missing.
	if p, ok := unsealCopy(file[half:]); ok {
		return p, true, nil
	}
	for at := range file {
		if at > 0 && bytes.HasPrefix(file[at:], []byte(magic)) {
			if p, ok := unsealCopy(file[at:]); ok {
				return p, true, nil
			}
		}
	}
	return nil, true, errDamaged
}

func unsealCopy(b []byte) ([]byte, bool) {
	head, rest, ok := bytes.Cut(b, []byte{'\n'})
	if !ok || !bytes.HasPrefix(head, []byte(magic)) {
		return nil, false
	}
	var sum uint32
	var size int
	if _, err := fmt.Sscanf(string(head[len(magic):]), " %x %d", &sum, &size); err != nil || size < 0 || size > len(rest) {
		return nil, false
	}
	return rest[:size], crc32.Checksum(rest[:size], castagnoli) == sum
}

// replaceFile puts data under path so that a crash or a power cut at any moment leaves the old file or the new one, whole.
func replaceFile(path string, data []byte, failpoint func(string)) error {
	tmp := path + ".tmp"
	if err := writeSynced(tmp, data); err != nil {
		return err
	}
	failpoint("loader.state.rename")
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename or a new file durable: the name lives in the folder, not in the file.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
