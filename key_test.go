package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/query"
)

// desk is the API for keys over its real file, and a receiver that asks the same file.
type desk struct {
	t    *testing.T
	auth *Auth
	page *httptest.Server
	otlp string
}

func openDesk(t *testing.T) *desk {
	dir := t.TempDir()
	auth, err := OpenAuth(filepath.Join(dir, "auth.json"))
	if err != nil {
		t.Fatal(err)
	}
	server, err := query.New(query.Config{Auth: auth, Keys: auth, Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(journal.Config{Dir: filepath.Join(dir, "journal"), MaxBytes: 1 << 30})
	if err != nil {
		t.Fatal(err)
	}
	receiver, err := collector.New(collector.Config{HTTP: "127.0.0.1:0", Journal: j, Auth: auth})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- receiver.Run(ctx) }()
	d := &desk{t: t, auth: auth, page: httptest.NewServer(server.Handler())}
	t.Cleanup(func() {
		d.page.Close()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	})
	select {
	case <-receiver.Ready():
	case <-time.After(time.Minute):
		t.Fatal("the receiver does not listen")
	}
	_, d.otlp = receiver.Addresses()
	return d
}

func (d *desk) do(method, path, body string, into any) (status int) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.page.URL+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			d.t.Fatal(err)
		}
	}
	return answer.StatusCode
}

// send is the status that a sender with this key is answered.
func (d *desk) send(header, key string) int {
	d.t.Helper()
	body := fmt.Sprintf(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"a","startTimeUnixNano":"%d","endTimeUnixNano":"%[1]d"}]}]}]}`, time.Now().UnixNano())
	r, err := http.NewRequestWithContext(d.t.Context(), "POST", "http://"+d.otlp+"/v1/traces", strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set(header, key)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

type keyList struct {
	Keys     []query.Key
	Required bool
}

func TestKeysOfThePageWorkAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("", func(t *testing.T) {
		d := openDesk(t)
		if got := d.send("", ""); got != 200 {
			t.Fatalf("without any key a sender is answered %d", got)
		}
		var made struct{ ID, Key string }
		if got := d.do("POST", "/api/keys", `{"name":"payments","scope":"ingest"}`, &made); got != 201 {
			t.Fatalf("POST = %d", got)
		}
		for header, key := range map[string]string{"Authorization": "Bearer " + made.Key, "X-Sightline-Ingest-Key": made.Key} {
			if got := d.send(header, key); got != 200 {
				t.Errorf("with the new key as %s a sender is answered %d", header, got)
			}
		}
		if got := d.send("", ""); got != 401 {
			t.Errorf("without the key a sender is answered %d", got)
		}
		var list keyList
		d.do("GET", "/api/keys", "", &list)
		if len(list.Keys) != 1 || !list.Required || list.Keys[0].LastUsed == nil || time.Since(*list.Keys[0].LastUsed) > time.Minute {
			t.Errorf("the list is %+v", list)
		}
		other, err := OpenAuth(d.auth.path) // sightline key, in another process
		if err != nil {
			t.Fatal(err)
		}
		if keys, required := other.Keys(); len(keys) != 1 || !required || keys[0].LastUsed != nil {
			t.Errorf("the file has %+v, %v", keys, required)
		}
		if got := d.do("DELETE", "/api/keys/"+made.ID, "", nil); got != 204 {
			t.Errorf("DELETE = %d", got)
		}
		if got := d.do("DELETE", "/api/keys/"+made.ID, "", nil); got != 404 {
			t.Errorf("the second DELETE = %d", got)
		}
		if got := d.send("", ""); got != 200 {
			t.Errorf("after the last key is gone a sender is answered %d", got)
		}
		d.auth.RequireKeys()
		if got := d.send("", ""); got != 401 {
			t.Errorf("where other machines reach the receiver, a sender without any key is answered %d", got)
		}
		if d.do("GET", "/api/keys", "", &list); !list.Required {
			t.Error("keys are required and the list says otherwise")
		}
	})
}

func TestKeysAreMadeByPageAndCommandAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "auth.json")
	const each = 10
	var group sync.WaitGroup
	for range 4 {
		auth, err := OpenAuth(path) // as a process of its own
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() {
			for range each {
				if _, _, err := auth.CreateKey("a", defaultProject, query.ScopeIngest); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	auth, err := OpenAuth(path)
	if err != nil {
		t.Fatal(err)
	}
	if keys, _ := auth.Keys(); len(keys) != 4*each {
		t.Errorf("%d keys are left of %d", len(keys), 4*each)
	}
}
