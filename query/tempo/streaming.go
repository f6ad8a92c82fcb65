package tempo

import "net/http"

// noStreaming answers Tempo's gRPC, by which Grafana asks where streaming is switched on, in gRPC's own form: else all that Grafana
// can show of "Save & test" and of a query is that some HTTP answer was not gRPC's.
func (h *handlers) noStreaming(w http.ResponseWriter, _ *http.Request) error {
	header := w.Header()
	header.Set("Content-Type", "application/grpc")
	header.Set("Grpc-Status", "12") // UNIMPLEMENTED
	header.Set("Grpc-Message", "Sightline does not stream Tempo's answers: switch streaming off in the data source, and the same is asked over HTTP")
	w.WriteHeader(http.StatusOK)
	return nil
}
