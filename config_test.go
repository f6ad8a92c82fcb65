package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query"
)

func noEnviron(string) (string, bool) { return "", false }

func environOf(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sightline.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSampleConfigIsTheDefault(t *testing.T) {
	got, err := LoadConfig("deploy/config/sightline.yaml", noEnviron)
	if err != nil {
		t.Fatal(err)
	}
	got.Collector, got.Retention.Services, got.OTLP.CORSOrigins, got.From = nil, nil, nil, nil // written as empty there
	if want := DefaultConfig(); !reflect.DeepEqual(got, want) {
		t.Errorf("sample = %+v\nwant %+v", got, want)
	}
}

func TestSampleConfigNamesEveryKey(t *testing.T) {
	data, err := os.ReadFile("deploy/config/sightline.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var walk func(v reflect.Type)
	walk = func(v reflect.Type) {
		for i := range v.NumField() {
			f := v.Field(i)
			if keyOf(f) == "-" {
				continue
			}
			if !strings.Contains(string(data), "\n"+keyOf(f)+":") && !strings.Contains(string(data), "\n  "+keyOf(f)+":") {
				t.Errorf("key %q is not in the sample", keyOf(f))
			}
			if f.Type.Kind() == reflect.Struct {
				walk(f.Type)
			}
		}
	}
	walk(reflect.TypeFor[Config]())
}

func TestConfigSaysEveryProblemWithItsPath(t *testing.T) {
	path := writeConfig(t, `
listen: 127.0.0.1
otlp:
  grcp: 1
  max_request: big
  cors_origins: [shop.example]
retention:
  traces: 90m
  logs: 0d
  metrics: 20y
  services: {a: 1d, b: 2d, c: {traces: 3d, logs: 4d}, d: 4d, e: 5d, f: 6d, g: {metrics: 8d}, h: 9d, i: forever, j: {}, k: {trace: 1d}}
tls:
  cert_file: /does/not/exist
storage:
  clickhouse: ${NO_SUCH_VARIABLE}
log: {level: loud}
`)
	_, err := LoadConfig(path, noEnviron)
	var problems *ConfigError
	if !errors.As(err, &problems) {
		t.Fatalf("error = %v", err)
	}
	for _, want := range []string{
		`listen: "127.0.0.1" is not host:port`,
		`otlp.grcp: unknown key; known here: grpc, http, cors_origins, max_request (line 4)`,
		`otlp.max_request: "big" is not a size like 64KiB, 16MiB or 8GiB (line 5)`,
		`otlp.cors_origins[0]: "shop.example" is not an origin`,
		`retention.traces: 1h30m0s is not a number of days`,
		`retention.logs: 0s is not a number of days`,
		`retention.metrics: "20y" is not a duration`,
		`retention.services.i: "forever" is not a duration`,
		`retention.services: 10 different durations`,
		`retention.services.j: says nothing`,
		`retention.services.k.trace: unknown key; known here: traces, logs, metrics`,
		`tls: cert_file and key_file go together`,
		`tls.cert_file: stat /does/not/exist`,
		`storage.clickhouse: environment variable NO_SUCH_VARIABLE is not set`,
		`log.level: "loud" is not`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

func TestEnvironmentOverridesTheFile(t *testing.T) {
	path := writeConfig(t, "listen: 127.0.0.1:1\notlp: {grpc: \"${GRPC:-127.0.0.1:2}\", http: \"${HTTP}\"}\n")
	got, err := LoadConfig(path, environOf("SIGHTLINE_LISTEN", "127.0.0.1:9", "HTTP", "127.0.0.1:3", "SIGHTLINE_RETENTION_TRACES", "30d", "SIGHTLINE_RETENTION_LOGS", "3d", "SIGHTLINE_RETENTION_METRICS", "400d",
		"SIGHTLINE_OTLP_MAX_REQUEST", "32MiB", "SIGHTLINE_OTLP_CORS_ORIGINS", "https://a.example, https://b.example", "SIGHTLINE_TLS_ENDED_BEFORE", "true"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "127.0.0.1:9" || got.OTLP.GRPC != "127.0.0.1:2" || got.OTLP.HTTP != "127.0.0.1:3" || got.Retention.Traces != Duration(30*day) || got.Retention.Logs != Duration(3*day) || got.Retention.Metrics != Duration(400*day) ||
		got.OTLP.MaxRequest != 32<<20 || !reflect.DeepEqual(got.OTLP.CORSOrigins, []string{"https://a.example", "https://b.example"}) || !got.TLS.EndedBefore {
		t.Errorf("config = %+v", got)
	}
	_, err = LoadConfig("", environOf("SIGHTLINE_RETENTION_TRACES", "soon"))
	if err == nil || !strings.Contains(err.Error(), "retention.traces: \"soon\" is not a duration like 90s, 12h or 7d (from SIGHTLINE_RETENTION_TRACES)") {
		t.Errorf("error = %v", err)
	}
}

func TestReachableAddressNeedsAuthenticationAndTLS(t *testing.T) {
	f := func(listen, grpc string, keys, login, tls bool, want int) {
		t.Helper()
		c := DefaultConfig()
		c.Listen, c.OTLP.GRPC, c.TLS.EndedBefore = listen, grpc, tls
		if got := c.exposure(keys, login); len(got) != want {
			t.Errorf("exposure(%s, %s, keys=%v, login=%v, tls=%v) = %q, want %d", listen, grpc, keys, login, tls, got, want)
		}
	}
	f("127.0.0.1:7070", "localhost:4317", false, false, false, 0)
	f("[::1]:7070", "", false, false, false, 0)
	f("0.0.0.0:7070", "127.0.0.1:4317", false, false, false, 2)
	f(":7070", ":4317", false, false, false, 4)
	f(":7070", ":4317", true, true, false, 2)
	f(":7070", ":4317", true, true, true, 0)
	f("10.0.0.1:7070", "127.0.0.1:4317", true, false, true, 1)
}

func TestKeysAndLogin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "auth.json")
	a, err := OpenAuth(path)
	if err != nil {
		t.Fatal(err)
	}
	if project, ok := a.Authenticate(""); !ok || project != defaultProject {
		t.Error("without keys a sender was refused")
	}
	_, key, err := a.CreateKey("team", "pay", query.ScopeIngest)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := OpenAuth(path) // another process
	if err != nil {
		t.Fatal(err)
	}
	if project, ok := reader.Authenticate(key); !ok || project != "pay" {
		t.Errorf("key gives %q, %v", project, ok)
	}
	for _, bad := range []string{"", "sl_", key + "0", strings.ToUpper(key), strings.Replace(key, "sl_", "xx_", 1)} {
		if _, ok := reader.Authenticate(bad); ok {
			t.Errorf("key %q was accepted", bad)
		}
	}
	if _, _, err := a.CreateKey("team", "../up", query.ScopeIngest); err == nil {
		t.Error("a project with a path was accepted")
	}
	_, readKey, err := a.CreateKey("grafana", "pay", query.ScopeRead)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := a.Authenticate(readKey); ok {
		t.Error("a key for reading may send")
	}
	if !a.OtherScope(readKey) || a.OtherScope(key) || a.OtherScope("") || a.OtherScope(readKey+"0") {
		t.Error("which key is for reading is not known")
	}
	if user, ok := a.Bearer(readKey); !ok || user != "grafana" {
		t.Errorf("key for reading gives %q, %v", user, ok)
	}
	if _, ok := a.Bearer(key); ok {
		t.Error("a key for sending may read")
	}
	if err := a.SetLogin("admin", "short"); err == nil {
		t.Error("a short password was accepted")
	}
	if err := a.SetLogin("admin", "correct horse"); err != nil {
		t.Fatal(err)
	}
	session, expires, ok := a.Login("admin", "correct horse")
	if !ok || time.Until(expires) < time.Hour {
		t.Fatal("the right password was refused")
	}
	if user, ok := a.Session(session); !ok || user != "admin" {
		t.Error("a fresh session was refused")
	}
	for _, bad := range []string{"", session + "0", "YWRtaW58OTk5OTk5OTk5OQ." + strings.Repeat("0", 64)} {
		if _, ok := a.Session(bad); ok {
			t.Errorf("session %q was accepted", bad)
		}
	}
	if _, _, ok := a.Login("admin", "wrong horse"); ok {
		t.Error("a wrong password was accepted")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if secret := key[strings.LastIndexByte(key, '_')+1:]; strings.Contains(string(data), secret) || strings.Contains(string(data), "correct horse") {
		t.Error("the file holds a secret")
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v", info.Mode())
	}
	id := a.current().Keys[0].ID
	if err := a.RevokeKey(id); err != nil {
		t.Fatal(err)
	}
	if err := a.RevokeKey(id); err == nil {
		t.Error("a key was revoked twice")
	}
}

func TestRetentionOfServices(t *testing.T) {
	path := writeConfig(t, "retention: {traces: 5d, services: {payments: 30d, web: {traces: 3d, logs: 14d}}}\n")
	got, err := LoadConfig(path, environOf("SIGHTLINE_RETENTION_LOGS", "9d"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]ServiceRetention{"payments": {Traces: Duration(30 * day)}, "web": {Traces: Duration(3 * day), Logs: Duration(14 * day)}}
	if r := got.Retention; !reflect.DeepEqual(r.Services, want) || !reflect.DeepEqual(r.classes(), []uint16{3, 5, 9, 14, 30}) {
		t.Errorf("%+v in classes %v", r.Services, r.classes())
	}
	p := got.Retention.policy(true)
	if p.Of("payments") != 30 || p.Of("web") != 3 || p.Of("cart") != 5 || p.Logs.Of("web") != 14 || p.Logs.Of("payments") != 9 || p.Metrics.Of("web") != 30 || !p.Redact {
		t.Errorf("%+v", p)
	}
	if l := got.Retention.limits(); l.Traces != 30*day || l.Logs != 14*day || l.Metrics != 30*day {
		t.Errorf("%+v", l)
	}
	for path, from := range map[string]string{"retention.traces": "sightline.yaml", "retention.services.web.logs": "sightline.yaml", "retention.services.payments": "sightline.yaml",
		"retention.logs": "SIGHTLINE_RETENTION_LOGS", "retention.metrics": ""} {
		if got.From[path] != from {
			t.Errorf("%s is from %q, want %q", path, got.From[path], from)
		}
	}
}
