package promapi

import (
	"slices"
	"strings"

	"github.com/sightline/sightline/storage/traces"
)

// measureOf is what of an edge a view shows; nil for nothing.
func measureOf(v view, e *traces.EdgeRow) *traces.Measure {
	switch v {
	case ofEdge:
		return &e.Measure
	case ofCaller:
		if e.Async || e.From.Kind == traces.EndClient {
			return nil
		}
		return &e.Measure
	case ofCalled:
		if e.Server.Requests() > 0 {
			return &e.Server
		}
		return &e.Measure
	case ofWait:
		if e.Age.Requests() > 0 {
			return &e.Age
		}
	}
	return nil
}

// edgeLabels are those of an edge: Tempo's, with the namespaces as it has them with namespaces asked for, and ours.
func edgeLabels(e *traces.EdgeRow) []string {
	client := e.From.Name
	if e.From.Kind == traces.EndClient {
		client = user
	}
	return []string{
		"client", client, "server", e.To.Name, "connection_type", connectionType(e),
		"client_service_namespace", e.From.Namespace, "server_service_namespace", e.To.Namespace,
		"client_env", e.From.Env, "server_env", e.To.Env, "client_node_type", e.From.Type, "server_node_type", e.To.Type,
	}
}

// connectionType is Tempo's: none between two services, else what kind of thing one of the ends is. Requests from outside have none
// where Tempo says virtual_node: Grafana takes the called service for one without traces then, and finds none of them.
func connectionType(e *traces.EdgeRow) string {
	typ := ""
	switch {
	case e.From.Kind == traces.EndInferred:
		typ = e.From.Type
	case e.To.Kind == traces.EndInferred:
		typ = e.To.Type
	}
	switch {
	case e.Async || hasPrefix(typ, messagingTypes):
		return "messaging_system"
	case hasPrefix(typ, databaseTypes):
		return "database"
	case typ != "":
		return "virtual_node"
	}
	return ""
}

// messagingTypes and databaseTypes are how the types of nodes begin that are such.
var (
	messagingTypes = []string{"Queue", "AWS::SQS", "AWS::SNS", "AWS::Kinesis", "AWS::MSK", "AWS::AmazonMQ", "AWS::Events", "GCP::PubSub", "Azure::ServiceBus", "Azure::EventHubs"}
	databaseTypes  = []string{
		"Database", "Cache", "AWS::DynamoDB", "AWS::RDS", "AWS::DSQL", "AWS::DocDB", "AWS::Neptune", "AWS::Redshift", "AWS::ElastiCache", "AWS::MemoryDB", "AWS::DAX", "AWS::OpenSearch",
	}
)

func hasPrefix(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}
