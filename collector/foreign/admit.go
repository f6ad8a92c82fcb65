package foreign

import (
	"encoding/binary"
	"mime"
	"net/http"

	"github.com/sightline/sightline/collector/admission"
)

// v1Limit bounds a body of Zipkin v1: its decoder makes spans of whatever is between braces, two bytes each.
const v1Limit = 4 << 20

// admitZipkin lets v2 in as JSON and protobuf, and v1 as JSON. The latter's Thrift has a decoder that reserves what a list claims
// to hold.
func admitZipkin(r *http.Request, body []byte) error {
	media := mediaOf(r)
	switch r.URL.Path {
	case "/api/v2/spans":
		if media != "" && media != admission.MediaJSON && media != admission.MediaProtobuf {
			return admission.BadMediaType(r.Header.Get("Content-Type"))
		}
	case "/api/v1/spans":
		if media != "" && media != admission.MediaJSON {
			return admission.BadMediaType(r.Header.Get("Content-Type"), admission.MediaJSON)
		}
		if len(body) > v1Limit {
			return admission.TooLarge(v1Limit)
		}
	default:
		return admission.NotServed("nothing is served at %.100q; Zipkin's spans are taken at POST /api/v2/spans", r.URL.Path)
	}
	if media != "" {
		r.Header.Set("Content-Type", media) // the receiver compares the whole header
	}
	return nil
}

// admitThrift lets Jaeger's Thrift in, if no list in it claims more than the body can hold.
func admitThrift(r *http.Request, body []byte) error {
	if r.URL.Path != "/api/traces" {
		return admission.NotServed("nothing is served at %.100q; Jaeger's spans are taken at POST /api/traces", r.URL.Path)
	}
	switch mediaOf(r) {
	case "application/x-thrift", "application/vnd.apache.thrift.binary":
	default:
		return admission.BadMediaType(r.Header.Get("Content-Type"), "application/x-thrift")
	}
	if body == nil {
		return nil
	}
	if rest, ok := skipThrift(thriftStruct, body, 0); !ok {
		return admission.Malformed("body is no Thrift in binary encoding")
	} else if len(rest) > 0 {
		return admission.Malformed("%d bytes follow the Thrift message", len(rest))
	}
	return nil
}

func mediaOf(r *http.Request) string {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return r.Header.Get("Content-Type")
	}
	return media
}

// Types of Thrift's binary encoding (thrift-binary-protocol.md).
const (
	thriftStop   = 0
	thriftString = 11
	thriftStruct = 12
	thriftMap    = 13
	thriftSet    = 14
	thriftList   = 15
)

// thriftSizes are the bytes of the types of fixed size, and the least of the others.
var thriftSizes = [16]int{2: 1, 3: 1, 4: 8, 6: 2, 8: 4, 10: 8, thriftString: 4, thriftStruct: 1, thriftMap: 6, thriftSet: 5, thriftList: 5}

// thriftDepth is more than any message of Jaeger's needs: batch, span, log, tag.
const thriftDepth = 16

// skipThrift walks over a value, so that no length or count in it is more than what follows it can hold.
func skipThrift(kind byte, b []byte, depth int) (rest []byte, ok bool) {
	if depth > thriftDepth || int(kind) >= len(thriftSizes) || thriftSizes[kind] == 0 || len(b) < thriftSizes[kind] {
		return nil, false
	}
	switch kind {
	case thriftString:
		n := uint64(binary.BigEndian.Uint32(b))
		if n > uint64(len(b)-4) {
			return nil, false
		}
		return b[4+n:], true
	case thriftStruct:
		for {
			if len(b) == 0 {
				return nil, false
			}
			field := b[0]
			if field == thriftStop {
				return b[1:], true
			}
			if len(b) < 3 {
				return nil, false
			}
			if b, ok = skipThrift(field, b[3:], depth+1); !ok {
				return nil, false
			}
		}
	case thriftList, thriftSet:
		return skipElements(b[:1], binary.BigEndian.Uint32(b[1:]), b[5:], depth)
	case thriftMap:
		return skipElements(b[:2], binary.BigEndian.Uint32(b[2:]), b[6:], depth)
	}
	return b[thriftSizes[kind]:], true
}

// skipElements walks over so many elements, each of these types in turn.
func skipElements(kinds []byte, count uint32, b []byte, depth int) (rest []byte, ok bool) {
	least := 0
	for _, kind := range kinds {
		if int(kind) < len(thriftSizes) {
			least += thriftSizes[kind]
		}
	}
	if count > 0 && (least == 0 || uint64(count)*uint64(least) > uint64(len(b))) {
		return nil, false
	}
	for range count {
		for _, kind := range kinds {
			if b, ok = skipThrift(kind, b, depth+1); !ok {
				return nil, false
			}
		}
	}
	return b, true
}
