package storagetest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

const shop = `
# the shop
load
  resource api service.version="1.2" deployment.environment.name=prod
  trace 1
    api    GET /users      0ms 120ms  http.request.method=GET http.response.status_code=503 flag=true ratio=0.5 :event=retry@3ms
      db     SELECT users  10ms 40ms  client db.system.name="postgresql" db.namespace="users db" server.address=pg
      api    render        51ms 60ms
        cache  GET         55ms 5ms   error :message="timed out" :scope=lib

  trace 4bf92f3577b34da6a3ce929d0e0e4736 at 90s
    worker orders process  0s 1s consumer :id=00f067aa0ba902b7 :parent=77 :link=1/2 :state=in_progress

search service = "api"
----
not for the loader
`

func TestLoadWritesScripts(t *testing.T) {
	db := storagetest.Open(t)
	base := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	loaded := storagetest.Loader{Base: base, Project: "p"}.Load(t, db, shop)
	if loaded.Spans != 5 || len(loaded.Minutes) != 2 || loaded.Minutes[1] != (traces.Minute{Project: "p", Minute: base.Add(time.Minute)}) {
		t.Errorf("loaded %+v", loaded)
	}
	lines, err := conn.All[string](t.Context(), db, conn.Query{SQL: `
SELECT concat(toString(start), ' ', lower(hex(trace_id)), ' ', toString(span_id), '<', toString(parent_id), ' ', service, '/', env, '/', version, ' ', name,
	' kind ', toString(kind), ' ', toString(duration), ' status ', toString(status), ' ', status_message, ' class ', toString(class), ' ', peer_type, ' ', peer_name,
	' ', toString(attrs), toString(attrs_int), toString(attrs_float), ' ', a_http_request_method, toString(a_http_response_status_code), ' ', scope_name,
	' ', toString(ev_name), toString(ln_span_id), ' state ', toString(state))
FROM spans WHERE project = 'p' ORDER BY start, span_id`})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.TrimSpace(`
2026-03-01 08:00:00.000000000 00000000000000000000000000000001 1<0 api/prod/1.2 GET /users kind 2 120000000 status 0  class 3   {'flag':'\0btrue'}{}{'ratio':0.5} GET503  ['retry'][] state 0
2026-03-01 08:00:00.010000000 00000000000000000000000000000001 2<1 db// SELECT users kind 3 40000000 status 0  class 0 Database::PostgreSQL users db@pg {'db.namespace':'users db'}{}{} 0  [][] state 0
2026-03-01 08:00:00.051000000 00000000000000000000000000000001 3<1 api/prod/1.2 render kind 1 60000000 status 0  class 0   {}{}{} 0  [][] state 0
2026-03-01 08:00:00.055000000 00000000000000000000000000000001 4<3 cache// GET kind 2 5000000 status 2 timed out class 3   {}{}{} 0 lib [][] state 0
2026-03-01 08:01:30.000000000 4bf92f3577b34da6a3ce929d0e0e4736 67667974448284343<77 worker// orders process kind 5 0 status 0  class 0   {}{}{} 0  [][2] state 1`)
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
