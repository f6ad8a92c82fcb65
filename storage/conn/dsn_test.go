package conn_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/conn"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	good := func(text string, want conn.Server) {
		t.Helper()
		got, err := conn.ParseURL(text)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v; want %+v", text, got, err, want)
		}
	}
	good("http://localhost", conn.Server{Addresses: []string{"localhost:8123"}, User: "default", Database: "default"})
	good("https://ch", conn.Server{Addresses: []string{"ch:8443"}, User: "default", Database: "default"})
	good("https://user:pass@host:8443,host2:8443/db?cluster=main",
		conn.Server{Addresses: []string{"host:8443", "host2:8443"}, User: "user", Database: "db", Cluster: "main"})
	good("http://u:p%40ss@a,b:9/x?skip_verify=true", conn.Server{Addresses: []string{"a:8123", "b:9"}, User: "u", Database: "x"})
	good("http://u:p@ss@a/x", conn.Server{Addresses: []string{"a:8123"}, User: "u", Database: "x"})
	good("http://[::1]:8123,[::2]/", conn.Server{Addresses: []string{"[::1]:8123", "[::2]:8123"}, User: "default", Database: "default"})

	bad := func(text, want string) {
		t.Helper()
		_, err := conn.ParseURL(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", text, err)
		}
	}
	bad("", "http:// or https://")
	bad("clickhouse://user:secret@host:9000/db", "http:// or https://")
	bad("host:8123", "http:// or https://")
	bad("http://", "names no host")
	bad("http://a,,b", "names no host")
	bad("http://user:secret@/db", "names no host")
	bad("http://user:secret@:8123/db", "not complete")
	bad("http://user:secret@host:/db", "not complete")
	bad("http://user:secret@a:b:c/db", "not host:port")
	bad("http://user:secret@host/db?max_threads=1", `"max_threads"`)
	bad("http://user:secret%zz@host/db", "read the URL")
}

func TestOpenWantsOnePlace(t *testing.T) {
	t.Parallel()
	for _, cfg := range []conn.Config{
		{},
		{URL: "http://h", Endpoint: &conn.Endpoint{}},
		{Endpoint: &conn.Endpoint{Network: "unix", Address: "/x"}, Cluster: "main"},
		{URL: "ftp://h"},
	} {
		if db, err := conn.Open(t.Context(), cfg); err == nil {
			db.Close()
			t.Errorf("opened %+v", cfg)
		}
	}
}
