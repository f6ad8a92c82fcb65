package main

import (
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestReceiversOfTheOverlayNeedAuthenticationAndTLS(t *testing.T) {
	f := func(section string, keys, ended bool, want int) {
		t.Helper()
		c := DefaultConfig()
		c.TLS.EndedBefore = ended
		if err := yaml.Unmarshal([]byte(section), &c.Collector); err != nil {
			t.Fatal(err)
		}
		if got := c.overlayExposure(keys); len(got) != want || c.receiversBeyondLoopback() != (section != "" && section[len(section)-1] == ' ') {
			t.Errorf("%s: %q, want %d", section, got, want)
		}
	}
	f("", false, false, 0)
	f("receivers: {zipkin: {endpoint: 127.0.0.1:9411}}", false, false, 0)
	f("receivers: {zipkin: {endpoint: 0.0.0.0:9411}} ", false, false, 2)
	f("receivers: {zipkin: {endpoint: 0.0.0.0:9411, tls: {cert_file: a, key_file: b}}} ", true, false, 0)
	f("receivers: {jaeger: {protocols: {grpc: {endpoint: ':14250'}, thrift_http: {endpoint: localhost:14268}}}} ", true, false, 1)
	f("receivers: {jaeger/b: {protocols: {grpc: {endpoint: ':14250'}}}} ", true, true, 0)
	f("receivers: {prometheus: {config: {scrape_configs: [{job_name: a}]}}}", false, false, 0)
}
