package grafana

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
)

// Source is a data source, as deploy/grafana/datasources.yaml has it.
type Source struct {
	UID, Name, Type, URL string
	JSON                 map[string]any // jsonData
}

// Host runs the backend of each type of data source once and asks it as Grafana does.
type Host struct {
	sources map[string]Source
	running map[string]*running // by type
}

type running struct {
	client      *plugin.Client
	data        grpcplugin.DataClient
	resource    grpcplugin.ResourceClient
	diagnostics grpcplugin.DiagnosticsClient
	stream      grpcplugin.StreamClient
}

// NewHost starts the programs that the sources need. They lie in folders of dir named like their type, or below a dist/ in them,
// with the plugin.json that names them. Types without a folder are left out: Has tells.
func NewHost(dir string, logs io.Writer, sources ...Source) (*Host, error) {
	h := &Host{sources: map[string]Source{}, running: map[string]*running{}}
	for _, s := range sources {
		h.sources[s.UID] = s
		if h.running[s.Type] != nil {
			continue
		}
		program, err := find(dir, s.Type)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			h.running[s.Type], err = start(program, s.Type, logs)
		}
		if err != nil {
			h.Close()
			return nil, fmt.Errorf("start the backend of %s: %w", s.Type, err)
		}
	}
	return h, nil
}

// Has tells whether a type's backend is there.
func (h *Host) Has(kind string) bool { return h.running[kind] != nil }

// Close ends the programs.
func (h *Host) Close() {
	for _, r := range h.running {
		r.client.Kill()
	}
}

func find(dir, kind string) (string, error) {
	for _, folder := range []string{filepath.Join(dir, kind), filepath.Join(dir, kind, "dist")} {
		raw, err := os.ReadFile(filepath.Join(folder, "plugin.json"))
		if err != nil {
			continue
		}
		var about struct{ Executable string }
		if err := json.Unmarshal(raw, &about); err != nil {
			return "", fmt.Errorf("read %s: %w", filepath.Join(folder, "plugin.json"), err)
		}
		found, _ := filepath.Glob(filepath.Join(folder, about.Executable+"_linux_*"))
		if about.Executable != "" && len(found) > 0 {
			return found[0], nil
		}
	}
	return "", os.ErrNotExist
}

func start(program, kind string, logs io.Writer) (*running, error) {
	c := plugin.NewClient(&plugin.ClientConfig{
		Cmd: exec.Command(program),
		HandshakeConfig: plugin.HandshakeConfig{
			ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]plugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data": &grpcplugin.DataGRPCPlugin{}, "resource": &grpcplugin.ResourceGRPCPlugin{},
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{}, "stream": &grpcplugin.StreamGRPCPlugin{},
		}},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Name: kind, Output: logs, Level: hclog.Off}),
		StartTimeout:     time.Minute,
	})
	conn, err := c.Client()
	if err != nil {
		c.Kill()
		return nil, err
	}
	r := &running{client: c}
	for name, set := range map[string]func(any) bool{
		"data":        func(v any) (ok bool) { r.data, ok = v.(grpcplugin.DataClient); return },
		"resource":    func(v any) (ok bool) { r.resource, ok = v.(grpcplugin.ResourceClient); return },
		"diagnostics": func(v any) (ok bool) { r.diagnostics, ok = v.(grpcplugin.DiagnosticsClient); return },
		"stream":      func(v any) (ok bool) { r.stream, ok = v.(grpcplugin.StreamClient); return },
	} {
		raw, err := conn.Dispense(name)
		if err != nil || !set(raw) {
			c.Kill()
			return nil, fmt.Errorf("ask for %s: %T %w", name, raw, err)
		}
	}
	return r, nil
}

func (h *Host) of(uid string) (*running, *pluginv2.PluginContext, error) {
	s, ok := h.sources[uid]
	r := h.running[s.Type]
	if !ok || r == nil {
		return nil, nil, fmt.Errorf("there is no data source %q, or no backend of its type", uid)
	}
	more, err := json.Marshal(s.JSON)
	if err != nil {
		return nil, nil, err
	}
	return r, backend.ToProto().PluginContext(backend.PluginContext{
		OrgID: 1, PluginID: s.Type, PluginVersion: "0.0.0", User: &backend.User{Login: "conformance", Role: "Admin"},
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{ID: 1, UID: s.UID, Type: s.Type, Name: s.Name, URL: s.URL, JSONData: more, Updated: time.Unix(1, 0)},
		GrafanaConfig:              backend.NewGrafanaCfg(map[string]string{}),
	}), nil
}

// Query asks the queries of one request of Grafana's front end: {"queries": [...], "from": ms, "to": ms}.
func (h *Host) Query(ctx context.Context, body []byte) (*backend.QueryDataResponse, error) {
	var asked struct {
		Queries  []json.RawMessage
		From, To string
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, err
	}
	in, err := between(asked.From, asked.To)
	if err != nil {
		return nil, err
	}
	answer := backend.NewQueryDataResponse()
	for _, raw := range asked.Queries {
		var q struct {
			RefID         string
			QueryType     string
			IntervalMs    float64
			MaxDataPoints int64
			Datasource    struct{ UID string }
		}
		if err := json.Unmarshal(raw, &q); err != nil {
			return nil, err
		}
		r, at, err := h.of(q.Datasource.UID)
		if err != nil {
			return nil, err
		}
		got, err := r.data.QueryData(ctx, &pluginv2.QueryDataRequest{PluginContext: at, Headers: map[string]string{}, Queries: []*pluginv2.DataQuery{
			backend.ToProto().DataQuery(backend.DataQuery{RefID: q.RefID, QueryType: q.QueryType, MaxDataPoints: q.MaxDataPoints,
				Interval: time.Duration(q.IntervalMs) * time.Millisecond, TimeRange: in, JSON: raw}),
		}})
		if err != nil {
			return nil, err
		}
		answers, err := backend.FromProto().QueryDataResponse(got)
		if err != nil {
			return nil, err
		}
		for id, a := range answers.Responses {
			answer.Responses[id] = a
		}
	}
	return answer, nil
}

func between(from, to string) (backend.TimeRange, error) {
	a, err := strconv.ParseInt(from, 10, 64)
	b, err2 := strconv.ParseInt(to, 10, 64)
	return backend.TimeRange{From: time.UnixMilli(a), To: time.UnixMilli(b)}, errors.Join(err, err2)
}

// Health is "Save & test".
func (h *Host) Health(ctx context.Context, uid string) (*backend.CheckHealthResult, error) {
	r, at, err := h.of(uid)
	if err != nil {
		return nil, err
	}
	got, err := r.diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: at})
	if err != nil {
		return nil, err
	}
	return backend.FromProto().CheckHealthResponse(got), nil
}

// Resource asks a path of the data source's own, as completion does.
func (h *Host) Resource(ctx context.Context, uid, method, path, query string, body []byte) (*backend.CallResourceResponse, error) {
	r, at, err := h.of(uid)
	if err != nil {
		return nil, err
	}
	url := path
	if query != "" {
		url += "?" + query
	}
	headers := map[string]*pluginv2.StringList{"Accept": {Values: []string{"application/json, text/plain, */*"}}}
	if len(body) > 0 {
		headers["Content-Type"] = &pluginv2.StringList{Values: []string{"application/json"}}
	}
	stream, err := r.resource.CallResource(ctx, &pluginv2.CallResourceRequest{PluginContext: at, Path: path, Method: method, Url: url, Headers: headers, Body: body})
	if err != nil {
		return nil, err
	}
	whole := &backend.CallResourceResponse{Status: http.StatusOK}
	for first := true; ; first = false {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return whole, nil
		}
		if err != nil {
			return nil, err
		}
		if p := backend.FromProto().CallResourceResponse(part); first {
			whole = p
		} else {
			whole.Body = append(whole.Body, p.Body...)
		}
	}
}
