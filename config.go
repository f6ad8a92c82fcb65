package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sightline/sightline/storage/conn"
)

// Config is everything that a user can set, in one YAML file. Every scalar is also an environment variable: otlp.grpc is
// SIGHTLINE_OTLP_GRPC. deploy/config/sightline.yaml explains each key.
type Config struct {
	Listen    string          `yaml:"listen"`
	DataDir   string          `yaml:"data_dir"`
	TLS       TLSConfig       `yaml:"tls"`
	OTLP      OTLPConfig      `yaml:"otlp"`
	XRay      XRayConfig      `yaml:"xray"`
	Storage   StorageConfig   `yaml:"storage"`
	Retention RetentionConfig `yaml:"retention"`
	Auth      AuthConfig      `yaml:"auth"`
	Ingest    IngestConfig    `yaml:"ingest"`
	Map       MapConfig       `yaml:"map"`
	Apdex     ApdexConfig     `yaml:"apdex"`
	Alerting  AlertingConfig  `yaml:"alerting"`
	Log       LogConfig       `yaml:"log"`
	Collector map[string]any  `yaml:"collector"`

	// From says where a setting was read that is not built in, by its key path: the file's name, or that of a variable.
	From map[string]string `yaml:"-"`
}

// TLSConfig names the certificate that all listeners use.
type TLSConfig struct {
	CertFile string `yaml:"cert_file"`
	KeyFile  string `yaml:"key_file"`
	// EndedBefore says that something in front of Sightline ends TLS, so that plain text beyond loopback is meant.
	EndedBefore bool `yaml:"ended_before"`
}

// OTLPConfig is where telemetry comes in; an empty address turns a protocol off.
type OTLPConfig struct {
	GRPC        string   `yaml:"grpc"`
	HTTP        string   `yaml:"http"`
	CORSOrigins []string `yaml:"cors_origins"`
	MaxRequest  Size     `yaml:"max_request"`
}

// XRayConfig is where X-Ray's SDKs and daemons send; an empty address turns a protocol off.
type XRayConfig struct {
	UDP string `yaml:"udp"`
	TCP string `yaml:"tcp"`
	// Key is the ingest key that datagrams are taken as, once keys are enforced: they can't carry one.
	Key          string  `yaml:"key"`
	SamplingRate float64 `yaml:"sampling_rate"`
}

// StorageConfig chooses between the engine inside and a server outside.
type StorageConfig struct {
	ClickHouse   string `yaml:"clickhouse"`    // empty: the embedded engine
	EngineMemory Size   `yaml:"engine_memory"` // 0: a quarter of the machine's, at most 4 GiB
	// ConditionCache lets the embedded engine remember which granules no row of a condition is in.
	ConditionCache bool `yaml:"condition_cache"`
}

// AuthConfig names the file that `sightline key` writes. Keys and the login are enforced once they exist.
type AuthConfig struct {
	File string `yaml:"file"` // empty: auth.json in data_dir
}

// IngestConfig bounds what may wait between received and stored.
type IngestConfig struct {
	JournalMax  Size `yaml:"journal_max"`
	DiskReserve Size `yaml:"disk_reserve"`
	Redact      bool `yaml:"redact"`
	MaxRate     Size `yaml:"max_rate"` // a second of each project; 0: not limited
	// MaxSeries is how many series of metrics a project may have at a time, and MaxSeriesPerMetric how many of them one metric.
	MaxSeries          int `yaml:"max_series"`
	MaxSeriesPerMetric int `yaml:"max_series_per_metric"`
}

// LogConfig is the program's own log.
type LogConfig struct {
	Level string `yaml:"level"`
	JSON  bool   `yaml:"json"`
}

// DefaultConfig runs the product untouched.
func DefaultConfig() Config {
	return Config{
		Listen:    "127.0.0.1:7070",
		DataDir:   "./sightline-data",
		OTLP:      OTLPConfig{GRPC: "127.0.0.1:4317", HTTP: "127.0.0.1:4318", MaxRequest: 16 << 20},
		XRay:      XRayConfig{UDP: "127.0.0.1:2000", TCP: "127.0.0.1:2000", SamplingRate: 1},
		Storage:   StorageConfig{ConditionCache: true},
		Retention: RetentionConfig{Traces: Duration(7 * day), Logs: Duration(7 * day), Metrics: Duration(30 * day), Rollups: Duration(90 * day)},
		Ingest:    IngestConfig{JournalMax: 8 << 30, DiskReserve: 1 << 30, Redact: true, MaxSeries: 1_000_000, MaxSeriesPerMetric: 100_000},
		Apdex:     defaultApdex(),
		Alerting:  defaultAlerting(),
		Log:       LogConfig{Level: "info"},
	}
}

// maxSeries of a project take 1 GiB of memory.
const maxSeries = 30_000_000

// problems are everything that is wrong with the settings' values, each with its key path.
func (c *Config) problems() []string {
	var out []string
	add := func(path, format string, args ...any) { out = append(out, path+": "+fmt.Sprintf(format, args...)) }

	addresses := map[string]string{}
	for _, a := range []struct{ path, value string }{{"listen", c.Listen}, {"otlp.grpc", c.OTLP.GRPC}, {"otlp.http", c.OTLP.HTTP}, {"xray.tcp", c.XRay.TCP}} {
		if a.value == "" {
			if a.path == "listen" {
				add(a.path, "is empty; it is where the page and the API are, e.g. 127.0.0.1:7070")
			}
			continue
		}
		_, port, err := net.SplitHostPort(a.value)
		if err != nil {
			add(a.path, "%q is not host:port", a.value)
			continue
		}
		if other, taken := addresses[a.value]; taken && port != "0" {
			add(a.path, "%s is already %s", a.value, other)
		}
		addresses[a.value] = a.path
	}
	if _, _, err := net.SplitHostPort(c.XRay.UDP); err != nil && c.XRay.UDP != "" {
		add("xray.udp", "%q is not host:port", c.XRay.UDP)
	}
	if !(c.XRay.SamplingRate >= 0 && c.XRay.SamplingRate <= 1) {
		add("xray.sampling_rate", "%v is not between 0 and 1", c.XRay.SamplingRate)
	}
	if c.DataDir == "" {
		add("data_dir", "is empty")
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		add("tls", "cert_file and key_file go together")
	}
	for _, f := range []struct{ path, value string }{{"tls.cert_file", c.TLS.CertFile}, {"tls.key_file", c.TLS.KeyFile}} {
		if f.value != "" {
			if _, err := os.Stat(f.value); err != nil {
				add(f.path, "%v", err)
			}
		}
	}
	if c.OTLP.MaxRequest < 64<<10 || c.OTLP.MaxRequest > 64<<20 {
		add("otlp.max_request", "%s is not between 64KiB and 64MiB", c.OTLP.MaxRequest)
	}
	for i, origin := range c.OTLP.CORSOrigins {
		if origin != "*" && !strings.HasPrefix(origin, "http://") && !strings.HasPrefix(origin, "https://") {
			add(fmt.Sprintf("otlp.cors_origins[%d]", i), "%q is not an origin like https://shop.example", origin)
		}
	}
	if c.Storage.ClickHouse != "" {
		if _, err := conn.ParseURL(c.Storage.ClickHouse); err != nil {
			add("storage.clickhouse", "%v", err)
		}
	}
	c.Retention.problems(add)
	c.Map.problems(add)
	c.Apdex.problems(add)
	c.Alerting.problems(add)
	if c.Ingest.JournalMax < 64<<20 {
		add("ingest.journal_max", "%s is less than 64MiB", c.Ingest.JournalMax)
	}
	for _, n := range []struct {
		path  string
		value int
	}{{"ingest.max_series", c.Ingest.MaxSeries}, {"ingest.max_series_per_metric", c.Ingest.MaxSeriesPerMetric}} {
		if n.value < 1 || n.value > maxSeries {
			add(n.path, "%d is not between 1 and %d", n.value, maxSeries)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		add("log.level", "%q is not debug, info, warn or error", c.Log.Level)
	}
	return out
}

// AuthFile is where keys and the login are.
func (c *Config) AuthFile() string {
	if c.Auth.File != "" {
		return c.Auth.File
	}
	return filepath.Join(c.DataDir, "auth.json")
}

// exposure says what keeps the configured listeners from being started: an address beyond loopback wants authentication, and
// TLS unless something in front of us ends it.
func (c *Config) exposure(haveKeys, haveLogin bool) []string {
	var out []string
	check := func(path, address, need string, have bool) {
		if address == "" || isLoopback(address) {
			return
		}
		if !have {
			out = append(out, fmt.Sprintf("%s: %s can be reached from other machines; %s first, or bind to 127.0.0.1", path, address, need))
		}
		if c.TLS.CertFile == "" && !c.TLS.EndedBefore {
			out = append(out, fmt.Sprintf("%s: %s would send keys and data in plain text; set tls.cert_file and tls.key_file, or tls.ended_before: true where a proxy in front ends TLS", path, address))
		}
	}
	check("listen", c.Listen, "set a login with `sightline key login`", haveLogin)
	check("otlp.grpc", c.OTLP.GRPC, "make an ingest key with `sightline key create NAME`", haveKeys)
	check("otlp.http", c.OTLP.HTTP, "make an ingest key with `sightline key create NAME`", haveKeys)
	check("xray.tcp", c.XRay.TCP, "make an ingest key with `sightline key create NAME`", haveKeys)
	if a := c.XRay.UDP; a != "" && !isLoopback(a) && (!haveKeys || c.XRay.Key == "") {
		out = append(out, fmt.Sprintf("xray.udp: %s can be reached from other machines, and a datagram carries no key; set xray.key to the ingest key that all of them are taken as (`sightline key create NAME`), or bind to 127.0.0.1", a))
	}
	return out
}

// sendersBeyondLoopback reports whether other machines can send here.
func (c *Config) sendersBeyondLoopback() bool {
	return slices.ContainsFunc([]string{c.OTLP.GRPC, c.OTLP.HTTP, c.XRay.UDP, c.XRay.TCP}, func(address string) bool { return address != "" && !isLoopback(address) })
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
