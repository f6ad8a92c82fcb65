package grafana

import (
	"encoding/json"
	"io"
	"net/http"
)

// Handler answers the paths of Grafana's HTTP API that a data source's front end asks.
func (h *Host) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/ds/query", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			refuse(w, err)
			return
		}
		answer, err := h.Query(r.Context(), body)
		if err != nil {
			refuse(w, err)
			return
		}
		status := http.StatusOK
		for _, one := range answer.Responses {
			if one.Error != nil {
				status = http.StatusBadRequest
			}
		}
		reply(w, status, answer)
	})
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", func(w http.ResponseWriter, r *http.Request) {
		got, err := h.Health(r.Context(), r.PathValue("uid"))
		if err != nil {
			refuse(w, err)
			return
		}
		status := http.StatusOK
		if got.Status.String() != "OK" {
			status = http.StatusBadRequest
		}
		reply(w, status, map[string]any{"status": got.Status.String(), "message": got.Message, "details": json.RawMessage(orNull(got.JSONDetails))})
	})
	mux.HandleFunc("/api/datasources/uid/{uid}/resources/{path...}", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			refuse(w, err)
			return
		}
		got, err := h.Resource(r.Context(), r.PathValue("uid"), r.Method, r.PathValue("path"), r.URL.RawQuery, body)
		if err != nil {
			refuse(w, err)
			return
		}
		for name, values := range got.Headers {
			if name == "Content-Type" {
				w.Header()[name] = values
			}
		}
		w.WriteHeader(got.Status)
		_, _ = w.Write(got.Body) // fails only if the browser has gone
	})
	return mux
}

func orNull(raw []byte) []byte {
	if len(raw) == 0 {
		return []byte("null")
	}
	return raw
}

func refuse(w http.ResponseWriter, err error) {
	reply(w, http.StatusInternalServerError, map[string]string{"message": err.Error()})
}

func reply(w http.ResponseWriter, status int, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw) // fails only if the browser has gone
}
