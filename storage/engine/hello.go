package engine

import "encoding/binary"

// helloQuery is what clickhouse-go asks first on every connection. It decodes the answer as a block of its own newest revision,
// with block info and a serialization byte per column; an answer of revision 0 makes it decode every later block as plain Native,
// which is what the library writes.
const helloQuery = "SELECT displayName(), version(), revision(), timezone()"

func helloBlock(name, version, timezone string) []byte {
	var b []byte
	str := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = append(b, 1, 0)                              // block info: field 1, is_overflows
	b = append(b, 2)                                 // field 2, bucket_num
	b = binary.LittleEndian.AppendUint32(b, 1<<32-1) // -1
	b = append(b, 0)                                 // end of info
	b = binary.AppendUvarint(b, 4)                   // columns
	b = binary.AppendUvarint(b, 1)                   // rows
	column := func(name, kind string) { str(name); str(kind); b = append(b, 0) }
	column("displayName()", "String")
	str(name)
	column("version()", "String")
	str(version)
	column("revision()", "UInt32")
	b = binary.LittleEndian.AppendUint32(b, 0)
	column("timezone()", "String")
	str(timezone)
	return b
}
