package traces_test

import (
	"testing"
	"time"

	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
	"github.com/sightline/sightline/storage/traces/peer"
)

// TestHostsAreNamedAsTheOperatorSays writes spans the loader's way under a policy with a word on hosts: what comes after it has the new
// names, what was stored keeps the old ones, and both are on the map.
func TestHostsAreNamedAsTheOperatorSays(t *testing.T) {
	const script = `load
  trace 1
    shop  GET /     0ms 10ms  server  http.response.status_code=200
      shop  SELECT    1ms 2ms   client  db.system.name=postgresql db.namespace=a server.address=pg-1.internal.example
      shop  SELECT    4ms 2ms   client  db.system.name=postgresql db.namespace=b server.address=pg-2.internal.example
      shop  GET       7ms 2ms   client  server.address=cart.mesh
`
	db := storagetest.Open(t)
	at := storagetest.Base
	storagetest.Loader{Base: at}.Load(t, db, script)
	storagetest.Loader{Base: at.Add(time.Minute), Policy: batch.Policy{Hosts: []peer.Host{
		{Match: "pg-*.internal.example", Name: "orders"}, {Match: "cart.mesh", Type: "redis", Name: "sessions"},
	}}}.Load(t, db, script)
	r := traces.NewReader(db)
	r.SetNow(at.Add(2 * time.Minute))
	for i, want := range []string{
		"client shop -> shop: 1 requests of 10ms, served 0 of 0s, age 0 of 0s\n" +
			"service shop -> a@pg-1.internal.example: 1 requests of 2ms, served 0 of 0s, age 0 of 0s\n" +
			"service shop -> b@pg-2.internal.example: 1 requests of 2ms, served 0 of 0s, age 0 of 0s\n" +
			"service shop -> cart.mesh: 1 requests of 2ms, served 0 of 0s, age 0 of 0s\n",
		"client shop -> shop: 1 requests of 10ms, served 0 of 0s, age 0 of 0s\n" +
			"service shop -> sessions: 1 requests of 2ms, served 0 of 0s, age 0 of 0s\n" +
			"service shop -> orders: 2 requests of 4ms, served 0 of 0s, age 0 of 0s\n",
	} {
		from := at.Add(time.Duration(i) * time.Minute)
		rows, err := r.Map(t.Context(), "default", traces.Range{From: from, To: from.Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		rows.Nodes = nil
		if got := mapText(rows); got != want {
			t.Errorf("minute %d:\n%swant\n%s", i, got, want)
		}
	}
}
