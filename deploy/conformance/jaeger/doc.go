// Package jaeger drives a running Sightline with what Jaeger's own project published for Go under the Apache licence: its client of
// API v3 over gRPC, and its models of the HTTP API's JSON. It is a module of its own, so that nothing of it becomes a dependency.
package jaeger
