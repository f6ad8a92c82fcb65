package collector

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/service/telemetry"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// layerScheme names our configuration layers to the collector, which merges what it is given by URI.
const layerScheme = "layer"

func layerProvider(layers []map[string]any) confmap.ProviderFactory {
	return confmap.NewProviderFactory(func(confmap.ProviderSettings) confmap.Provider { return layerSource(layers) })
}

type layerSource []map[string]any

func (l layerSource) Retrieve(_ context.Context, uri string, _ confmap.WatcherFunc) (*confmap.Retrieved, error) {
	i, err := strconv.Atoi(strings.TrimPrefix(uri, layerScheme+":"))
	if err != nil || i < 0 || i >= len(l) {
		return nil, fmt.Errorf("find configuration layer %q", uri)
	}
	return confmap.NewRetrieved(l[i])
}

func (layerSource) Scheme() string                 { return layerScheme }
func (layerSource) Shutdown(context.Context) error { return nil }

// ownTelemetry gives components our log and nothing else: the collector's own metrics and traces would cost a server and a
// megabyte, and /metrics and the status page say what is worth knowing.
func ownTelemetry(log *slog.Logger) telemetry.Factory {
	return telemetry.NewFactory(
		func() component.Config { return &struct{}{} },
		telemetry.WithCreateLogger(func(context.Context, telemetry.LoggerSettings, component.Config) (*zap.Logger, component.ShutdownFunc, error) {
			return zap.New(logCore{log: log}), nil, nil
		}))
}

// logCore passes warnings and worse of the collector and its components on to our log. What it says at lower levels, such as
// its start in six lines, is nobody's business.
type logCore struct {
	log    *slog.Logger
	fields []zapcore.Field
}

func (logCore) Enabled(l zapcore.Level) bool { return l >= zapcore.WarnLevel }

func (c logCore) With(f []zapcore.Field) zapcore.Core {
	return logCore{log: c.log, fields: append(c.fields[:len(c.fields):len(c.fields)], f...)}
}

func (c logCore) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

func (c logCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, f := range append(c.fields[:len(c.fields):len(c.fields)], fields...) {
		f.AddTo(values)
	}
	level := slog.LevelWarn
	if e.Level >= zapcore.ErrorLevel {
		level = slog.LevelError
	}
	var attrs []slog.Attr
	for _, key := range []string{"error", "otelcol.component.id"} {
		if v, ok := values.Fields[key]; ok {
			attrs = append(attrs, slog.Any(key, v))
		}
	}
	c.log.LogAttrs(context.Background(), level, "collector: "+e.Message, attrs...)
	return nil
}

func (logCore) Sync() error { return nil }
