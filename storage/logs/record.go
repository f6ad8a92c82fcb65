// Package logs keeps log records in ClickHouse and reads them back: the table's one Go declaration, the writer that turns OTLP
// protobuf into Native columns, and the readers.
package logs
