package alert

import (
	"cmp"
	"slices"
	"strings"
)

// Target is what an alert is about, so that the map and the pages can show it there. All parts are "" where its labels name nothing
// that is on the map; an alert with a Node is about that and not about a service.
type Target struct {
	Service   string `json:"service"`
	Env       string `json:"env"`
	Namespace string `json:"namespace"`
	Operation string `json:"operation"`
	Node      string `json:"node"`      // an inferred node: a database, a queue, a host
	NodeType  string `json:"node_type"` // its type on the map, "" where the labels don't tell
}

// noTarget is the label by which a rule says that its alerts are about nothing on the map, whatever their other labels are.
const noTarget = "none"

// The labels that may name each part, the first that has a value decides. Those that begin with target_ are for rules that say it
// themselves; then what Sightline's own series have, OpenTelemetry's names as Prometheus writes them, and habits of the field.
var (
	serviceLabels   = []string{"target_service", "service", "service_name"}
	envLabels       = []string{"target_env", "env", "deployment_environment_name", "deployment_environment", "environment"}
	namespaceLabels = []string{"target_namespace", "namespace", "service_namespace"}
	operationLabels = []string{"target_operation", "operation", "span_name"}
	// Of what a connection leads to, before the others.
	serverEnvLabels       = []string{"target_env", "server_env"}
	serverNamespaceLabels = []string{"target_namespace", "server_service_namespace"}
)

// TargetOf reads a target from an alert's labels. Of a connection (client, server) the server is the target: an inferred node where it
// sends no spans of its own, else a service. The job is what is left, as scrapers name services so.
func TargetOf(label func(name string) string) Target {
	first := func(names []string) string {
		for _, name := range names {
			if v := label(name); v != "" {
				return v
			}
		}
		return ""
	}
	if label("target") == noTarget {
		return Target{}
	}
	t := Target{Service: first(serviceLabels), Env: first(envLabels), Namespace: first(namespaceLabels), Operation: first(operationLabels)}
	server := label("server")
	switch {
	case label("target_node") != "":
		return Target{Node: label("target_node"), NodeType: label("target_node_type"), Env: t.Env, Namespace: t.Namespace}
	case label("target_service") != "":
		return t
	case server != "" && (t.Service == "" || inferred(label)):
		t.Env, t.Namespace = cmp.Or(first(serverEnvLabels), t.Env), cmp.Or(first(serverNamespaceLabels), t.Namespace)
		if inferred(label) {
			return Target{Node: server, NodeType: label("server_node_type"), Env: t.Env, Namespace: t.Namespace}
		}
		t.Service = server
	}
	if t.Service == "" {
		// OpenTelemetry's rules for Prometheus make the job of a service "namespace/name".
		namespace, name, ok := strings.Cut(label("job"), "/")
		if !ok {
			namespace, name = "", namespace
		}
		t.Service, t.Namespace = name, cmp.Or(t.Namespace, namespace)
	}
	if t.Service == "" {
		return Target{} // an environment alone is not on the map
	}
	return t
}

// plainService is the node type of a service that runs on nothing in particular.
const plainService = "service"

// messagingTypes are how the types of inferred nodes begin that messages wait in.
var messagingTypes = []string{"Queue", "AWS::SQS", "AWS::SNS", "AWS::Kinesis", "AWS::MSK", "AWS::AmazonMQ", "AWS::Events", "GCP::PubSub", "Azure::ServiceBus", "Azure::EventHubs"}

// inferred says that a connection's server sends no spans of its own, as far as its labels tell: docs/api-prometheus.md has them. It is
// a service that answers requests from outside (client is user), takes messages from a queue, or is called by another (no type).
func inferred(label func(string) string) bool {
	connection, typ := label("connection_type"), label("server_node_type")
	queue := slices.ContainsFunc(messagingTypes, func(p string) bool { return strings.HasPrefix(typ, p) })
	switch {
	case typ == plainService, connection == "", label("client") == "user":
		return false
	case connection == "messaging_system":
		return typ == "" || queue
	}
	return true
}
