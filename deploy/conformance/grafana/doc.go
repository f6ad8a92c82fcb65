// Package grafana runs the backends of Grafana's data sources, unchanged and as programs of their own, the way Grafana runs them
// (hashicorp/go-plugin and the plugin SDK's gRPC, both under permissive licences), and answers the part of Grafana's HTTP API that a
// query, a health check and completion take. The test drives them against a running Sightline. None of Grafana's own code is here: the
// folder of the built data sources is named by GRAFANA.
package grafana
