package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/sightline/sightline/storage/traces/peer"
)

func TestHostsOfTheMap(t *testing.T) {
	got, err := LoadConfig(writeConfig(t, `map:
  hosts:
    - {match: "*.internal.example", type: postgresql, name: "${DB:-orders-db}"}
    - match: gate.example:8443
      type: Proxy::HAProxy
`), noEnviron)
	if err != nil {
		t.Fatal(err)
	}
	want := []peer.Host{{Match: "*.internal.example", Type: "postgresql", Name: "orders-db"}, {Match: "gate.example:8443", Type: "Proxy::HAProxy"}}
	if !reflect.DeepEqual(got.Map.Hosts, want) || got.From["map.hosts[1].type"] == "" {
		t.Errorf("%+v from %v", got.Map.Hosts, got.From)
	}
	if p := got.policy(&got.Retention); !reflect.DeepEqual(p.Hosts, want) || p.Days != 7 || !p.Redact || p.Equal(got.Retention.policy(true)) {
		t.Errorf("policy %+v", p)
	}
	_, err = LoadConfig(writeConfig(t, `map:
  hosts:
    - {match: a.example, typ: mysql}
    - {match: "http://b.example/", name: b}
    - {match: c.example, type: frobdb}
    - {match: d.example, name: d}
    - {match: d.example, name: e}
    - gate
`), noEnviron)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`map.hosts[0].typ: unknown key; known here: match, type, name (line 3)`,
		`map.hosts[0]: says neither a type nor a name`,
		`map.hosts[1]: match "http://b.example/" is not a host name`,
		`map.hosts[2]: "frobdb" is no type; docs/map.md has them`,
		`map.hosts[4]: match "d.example" is that of map.hosts[3] already`,
		`map.hosts[5]: is not a mapping of keys (line 8)`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
	for _, text := range []string{"map: {hosts: {a: b}}", "map: {hosts: a}"} {
		if _, err := LoadConfig(writeConfig(t, text), environOf("SIGHTLINE_MAP_HOSTS", "x")); err == nil || !strings.Contains(err.Error(), "map.hosts") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
