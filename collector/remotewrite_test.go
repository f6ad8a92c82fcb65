package collector_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang/snappy"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/prompb"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/foreign"
	"github.com/sightline/sightline/collector/journal"
)

func TestRemoteWriteIsOnTheListenerOfOTLP(t *testing.T) {
	j := openJournal(t)
	c, _, addr := run(t, collector.Config{Journal: j, Auth: keys{}})
	body, err := (&prompb.WriteRequest{Timeseries: []prompb.TimeSeries{
		{Labels: []prompb.Label{{Name: "__name__", Value: "up"}}, Samples: []prompb.Sample{{Timestamp: time.Now().UnixMilli(), Value: 1}}},
	}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	f := func(key, origin string, want int) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, "http://"+addr+"/api/v1/write", bytes.NewReader(snappy.Encode(nil, body)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+key)
		if origin != "" {
			req.Header.Set("Origin", origin)
		}
		client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("key %q, origin %q: %d, want %d", key, origin, resp.StatusCode, want)
		}
	}
	f("a", "", 204)
	f("wrong", "", 401)
	f("a", "https://evil.example", 403)
	if a := c.Accounts().Arrived[admission.Origin{Project: "project-a", Signal: journal.SignalMetrics, Protocol: "remote_write"}]; a.Accepted != 1 {
		t.Errorf("accounts %+v", c.Accounts().Arrived)
	}
}

func TestExampleForPrometheusIsItsConfiguration(t *testing.T) {
	text, err := os.ReadFile("../deploy/config/examples/prometheus-remote-write.yml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(string(text), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if len(c.RemoteWriteConfigs) != 1 || !strings.HasSuffix(c.RemoteWriteConfigs[0].URL.String(), foreign.RemoteWritePath) {
		t.Errorf("remote_write %+v", c.RemoteWriteConfigs)
	}
}
