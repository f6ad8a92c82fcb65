package collector_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/sightline/sightline/collector"
)

// serve answers as an API does that lets clients wait for changes: nothing ever changes here, so what waits waits until it goes.
func serve(t testing.TB, answer func(r *http.Request) (any, bool)) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, more := answer(r)
		if body == nil {
			t.Logf("nothing is at %s", r.URL)
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Consul-Index", "7")
		w.Header().Set("Api-Version", "1.51")
		parts, ok := body.([]any)
		if !ok || !more {
			parts = []any{body}
		}
		for _, part := range parts {
			if err := json.NewEncoder(w).Encode(part); err != nil {
				t.Error(err)
			}
		}
		if more {
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

type object = map[string]any

// A Consul agent: https://developer.hashicorp.com/consul/api-docs, catalog and health.
func consul(t testing.TB, port int) string {
	server := serve(t, func(r *http.Request) (any, bool) {
		waits := r.URL.Query().Get("index") == "7"
		switch r.URL.Path {
		case "/v1/agent/self":
			return object{"Config": object{"Datacenter": "dc1"}}, false
		case "/v1/catalog/services":
			return object{"shop": []string{"web"}, "consul": []string{}}, waits
		case "/v1/health/service/shop":
			return []any{object{
				"Node":    object{"Node": "n1", "Address": "127.0.0.1", "Datacenter": "dc1"},
				"Service": object{"ID": "shop-1", "Service": "shop", "Address": "127.0.0.1", "Port": port, "Tags": []string{"web"}},
			}}, false
		}
		return nil, false
	})
	server.Start()
	return strings.TrimPrefix(server.URL, "http://")
}

// A Kubernetes API server: https://kubernetes.io/docs/reference/using-api/api-concepts, lists, watches and streaming lists.
func kubernetes(t testing.TB, port int) string {
	pod := object{
		"kind": "Pod", "apiVersion": "v1",
		"metadata": object{"name": "shop-0", "namespace": "prod", "uid": "u1", "resourceVersion": "5", "labels": object{"app": "shop"}},
		"spec":     object{"nodeName": "n1", "containers": []any{object{"name": "shop", "image": "shop:1", "ports": []any{object{"name": "metrics", "containerPort": port, "protocol": "TCP"}}}}},
		"status":   object{"phase": "Running", "podIP": "127.0.0.1", "hostIP": "10.0.0.1", "conditions": []any{object{"type": "Ready", "status": "True"}}},
	}
	end := object{"type": "BOOKMARK", "object": object{"kind": "Pod", "apiVersion": "v1", "metadata": object{"resourceVersion": "5", "annotations": object{"k8s.io/initial-events-end": "true"}}}}
	server := serve(t, func(r *http.Request) (any, bool) {
		q := r.URL.Query()
		switch {
		case r.URL.Path != "/api/v1/namespaces/prod/pods":
			return nil, false
		case q.Get("sendInitialEvents") == "true":
			return []any{object{"type": "ADDED", "object": pod}, end}, true
		case q.Get("watch") != "":
			return []any{}, true
		}
		return object{"kind": "PodList", "apiVersion": "v1", "metadata": object{"resourceVersion": "5"}, "items": []any{pod}}, false
	})
	server.Start()
	return server.URL
}

// A Docker engine on its socket: https://docs.docker.com/reference/api/engine, containers and networks.
func docker(t testing.TB, port int) string {
	server := serve(t, func(r *http.Request) (any, bool) {
		switch path := r.URL.Path; {
		case path == "/_ping":
			return "OK", false
		case strings.HasSuffix(path, "/containers/json"):
			return []any{object{
				"Id": "c1", "Names": []string{"/shop"}, "Image": "shop:1", "State": "running", "Labels": object{"team": "shop"},
				"Ports":           []any{object{"PrivatePort": port, "Type": "tcp"}},
				"HostConfig":      object{"NetworkMode": "bridge"},
				"NetworkSettings": object{"Networks": object{"bridge": object{"NetworkID": "net1", "IPAddress": "127.0.0.1"}}},
			}}, false
		case strings.HasSuffix(path, "/networks"):
			return []any{object{"Id": "net1", "Name": "bridge", "Scope": "local", "Driver": "bridge"}}, false
		}
		return nil, false
	})
	socket := filepath.Join(t.TempDir(), "docker.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	return "unix://" + socket
}

func TestTargetsAreDiscovered(t *testing.T) {
	address, _, _, _ := target(t)
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	j := openJournal(t)
	run(t, collector.Config{Journal: j, Overlay: overlay(t, fmt.Sprintf(`
receivers:
  prometheus:
    config:
      global: {scrape_interval: 1s, scrape_timeout: 1s}
      scrape_configs:
        - job_name: consul
          consul_sd_configs: [{server: %q, services: [shop]}]
          relabel_configs: [{source_labels: [__meta_consul_service], target_label: found}]
        - job_name: kubernetes
          kubernetes_sd_configs: [{role: pod, api_server: %q, namespaces: {names: [prod]}}]
          relabel_configs: [{source_labels: [__meta_kubernetes_pod_label_app], target_label: found}]
        - job_name: docker
          docker_sd_configs: [{host: %q}]
          relabel_configs: [{source_labels: [__meta_docker_container_label_team], target_label: found}]
service: {pipelines: {metrics/prometheus: {receivers: [prometheus], exporters: [journal]}}}
`, consul(t, port), kubernetes(t, port), docker(t, port)))})
	for _, job := range []string{"consul", "kubernetes", "docker"} {
		eventually(t, job+"'s target is scraped", func() bool { return len(points(t, j, "shop_requests_total")[job]) > 0 })
		p := points(t, j, "shop_requests_total")[job][0].Gauge().DataPoints().At(0)
		if found, _ := p.Attributes().Get("found"); found.Str() != "shop" {
			t.Errorf("%s: attributes %v", job, p.Attributes().AsRaw())
		}
	}
}
