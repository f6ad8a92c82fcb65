package alert_test

import (
	"testing"

	"github.com/sightline/sightline/query/alert"
)

func TestTargetOf(t *testing.T) {
	f := func(labels map[string]string, want alert.Target) {
		t.Helper()
		if got := alert.TargetOf(func(name string) string { return labels[name] }); got != want {
			t.Errorf("%v is about %+v, want %+v", labels, got, want)
		}
	}
	type l = map[string]string
	// Services, by Sightline's labels, OpenTelemetry's and the field's.
	f(l{"service": "checkout", "env": "prod", "namespace": "shop"}, alert.Target{Service: "checkout", Env: "prod", Namespace: "shop"})
	f(l{"service_name": "checkout", "deployment_environment_name": "prod", "service_namespace": "shop"}, alert.Target{Service: "checkout", Env: "prod", Namespace: "shop"})
	f(l{"service_name": "a", "deployment_environment": "prod"}, alert.Target{Service: "a", Env: "prod"})
	f(l{"service": "a", "service_name": "b", "job": "c"}, alert.Target{Service: "a"})
	f(l{"service": "a", "span_name": "GET /"}, alert.Target{Service: "a", Operation: "GET /"})
	f(l{"service": "a", "operation": "GET /", "environment": "e"}, alert.Target{Service: "a", Operation: "GET /", Env: "e"})
	f(l{"job": "node", "instance": "10.0.0.1:9100"}, alert.Target{Service: "node"})
	f(l{"job": "shop/checkout"}, alert.Target{Service: "checkout", Namespace: "shop"})
	// Connections: what answers is what the alert is about.
	f(l{"client": "web", "server": "checkout"}, alert.Target{Service: "checkout"})
	f(l{"client": "web", "server": "checkout", "connection_type": "", "env": "prod"}, alert.Target{Service: "checkout", Env: "prod"})
	f(l{"client": "checkout", "server": "orders", "connection_type": "database", "server_node_type": "Database::PostgreSQL", "env": "prod"},
		alert.Target{Node: "orders", NodeType: "Database::PostgreSQL", Env: "prod"})
	f(l{"server": "orders", "connection_type": "database", "server_env": "prod", "env": "dev", "server_service_namespace": "shop"}, alert.Target{Node: "orders", Env: "prod", Namespace: "shop"})
	f(l{"client": "web", "server": "jobs", "connection_type": "messaging_system", "server_node_type": "Queue::Kafka"}, alert.Target{Node: "jobs", NodeType: "Queue::Kafka"})
	f(l{"client": "jobs", "server": "worker", "connection_type": "messaging_system", "server_node_type": "service", "server_env": "prod"}, alert.Target{Service: "worker", Env: "prod"})
	f(l{"client": "jobs", "server": "worker", "connection_type": "messaging_system", "server_node_type": "AWS::ECS::Container"}, alert.Target{Service: "worker"})
	f(l{"client": "user", "server": "web", "connection_type": "virtual_node", "server_node_type": "AWS::ECS::Container"}, alert.Target{Service: "web"})
	f(l{"client": "checkout", "server": "api.example", "connection_type": "virtual_node"}, alert.Target{Node: "api.example"})
	f(l{"service": "checkout", "server": "orders", "connection_type": "database"}, alert.Target{Node: "orders"})
	f(l{"service": "checkout", "server": "payments"}, alert.Target{Service: "checkout"})
	// What a rule says itself wins.
	f(l{"target_service": "billing", "service": "checkout", "server": "orders", "connection_type": "database"}, alert.Target{Service: "billing"})
	f(l{"target_node": "orders", "target_node_type": "Database::MySQL", "service": "checkout", "span_name": "x", "target_env": "prod", "env": "dev"},
		alert.Target{Node: "orders", NodeType: "Database::MySQL", Env: "prod"})
	f(l{"target": "none", "service": "checkout"}, alert.Target{})
	f(l{"target_namespace": "n", "target_operation": "o", "service": "s", "namespace": "x", "operation": "y"}, alert.Target{Service: "s", Namespace: "n", Operation: "o"})
	// Nothing on the map.
	f(l{"alertname": "Watchdog", "severity": "none"}, alert.Target{})
	f(l{"env": "prod"}, alert.Target{})
}
