package storagetest_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/sightline/sightline/storage/conn"
	"github.com/sightline/sightline/storage/storagetest"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }

func TestOpenGivesMigratedDatabase(t *testing.T) {
	db := storagetest.Open(t)
	names, err := conn.All[string](t.Context(), db, conn.Query{SQL: "SELECT name FROM system.tables WHERE database = {db:String} ORDER BY name", Params: []conn.Param{conn.Str("db", db.Database())}})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(names)
}
