package query_test

import "testing/fstest"

// page is a build of the UI in small.
var page = fstest.MapFS{
	"index.html":             {Data: []byte("<!doctype html><title>Sightline</title><script src=/assets/index-abc123.js></script>")},
	"favicon.svg":            {Data: []byte("<svg/>")},
	"assets/index-abc123.js": {Data: []byte("console.log(1)")},
	"assets/big-abc123.js":   {Data: make([]byte, 4096)},
	"assets/packed-1.js":     {Data: []byte("console.log('packed')")},
	"assets/packed-1.js.br":  {Data: []byte("brotli")},
	"assets/packed-1.js.gz":  {Data: []byte("gzip")},
	".keep":                  {Data: nil},
}
