package tempo_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sightline/sightline/query/tempo"
)

// TestTempo asks one shop everything: a database takes longer to make than a question to answer.
func TestTempo(t *testing.T) {
	s := shop(t)
	for _, part := range []struct {
		name string
		ask  func(*testing.T, *server)
	}{
		{"TraceIsWhatWasSent", traceIsWhatWasSent},
		{"ErrorsArePlainText", errorsArePlainText},
		{"BuildInfoIsATempoThatHasTraceQL", buildInfoIsATempoThatHasTraceQL},
		{"SearchByTags", searchByTags},
		{"TagsAreNamedByScope", tagsAreNamedByScope},
		{"ValuesHaveTypes", valuesHaveTypes},
		{"SearchByTraceQL", searchByTraceQL},
		{"MetricsOfTraceQL", metricsOfTraceQL},
		{"GrafanaSends", grafanaSends},
		{"LargeTraceComesInParts", largeTraceComesInParts}, // the last, since it adds to the shop
	} {
		t.Run(part.name, func(t *testing.T) { part.ask(t, s) })
	}
}

func errorsArePlainText(t *testing.T, s *server) {
	f := func(path string, status int, want string) {
		t.Helper()
		w := s.do(path)
		if w.Code != status || !strings.Contains(w.Body.String(), want) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("GET %s = %d %s %q, want %d %q", path, w.Code, w.Header().Get("Content-Type"), w.Body, status, want)
		}
	}
	f("/ready", 200, "ready")
	f("/api/echo", 200, "echo")
	f("/api/traces/77000000000000000a", 404, "trace not found")
	f("/api/v2/traces/77000000000000000a", 404, "trace not found")
	f("/api/traces/xyz", 400, "trace IDs can only contain hex characters: invalid character 'x' at position 1")
	f("/api/traces/"+strings.Repeat("a", 33), 400, "larger than 128 bits")
	f("/api/traces/0", 400, "no trace ID")
	f("/api/traces/1?start=x", 400, "invalid start")
	f("/api/traces/1?start=20&end=10", 400, "start must be before end")
	f("/api/search?limit=-1", 400, "invalid limit: must be a positive number")
	f("/api/search?start=20&end=10", 400, "start must be before end. received start=20 end=10")
	f("/api/search?minDuration=x", 400, "invalid minDuration")
	f("/api/search?tags=x", 400, "invalid tags")
	f("/api/search?tags="+url.QueryEscape(`x="y`), 400, "a quote is not closed")
	f("/api/search?tags=%zz", 400, "can't be read")
	f("/api/search?tags=x%3Dy&"+q("{}"), 400, "can't specify tags")
	f("/api/search?"+q("{ } | rate()"), 400, "a metrics query finds no traces (ask /api/metrics/query_range)")
	f("/api/search?"+q("{ name =\n  \"ü\" && = }"), 400, "invalid TraceQL query: parse error at line 2, col 10: ")
	f("/api/metrics/query_range", 400, "the parameter q is missing")
	f("/api/metrics/query_range?"+q("{ }"), 400, "not a metrics query")
	f("/api/metrics/query?"+q("{ } | rat()"), 400, "parse error at line 1, col 7")
	f("/api/metrics/query_range?step=1ms&"+q("{ } | rate()"), 400, "invalid step: 1ms makes more than 11000 points")
	f("/api/metrics/query_range?step=x&"+q("{ } | rate()"), 400, "invalid step")
	f("/api/v2/search/tags?scope=planet", 400, "invalid scope: planet")
	f("/api/v2/search/tag/service.name/values", 400, "valid tagName")
	f("/api/push", 404, "404 page not found")
	f("/", 404, "404 page not found")
}

func buildInfoIsATempoThatHasTraceQL(t *testing.T, s *server) {
	var info struct{ Version, Revision, Branch, BuildUser, BuildDate, GoVersion string }
	s.get(t, "/api/status/buildinfo", &info)
	if !regexp.MustCompile(`^[23]\.\d+\.\d+$`).MatchString(info.Version) || info.GoVersion == "" {
		t.Errorf("%+v", info)
	}
}

type found struct {
	Traces []struct {
		TraceID         string
		RootServiceName string
		RootTraceName   string
		Start           string `json:"startTimeUnixNano"`
		DurationMs      int
		ServiceStats    map[string]struct{ SpanCount, ErrorCount int }
		SpanSet         *spanSet
		SpanSets        []spanSet
	}
	Metrics struct {
		InspectedTraces, CompletedJobs, TotalJobs int
		InspectedSpans                            string
	}
}

type spanSet struct {
	Spans []struct {
		SpanID, Name  string
		Start         string `json:"startTimeUnixNano"`
		DurationNanos string
		Attributes    []keyValue
	}
	Matched    int
	Attributes []keyValue
}

type keyValue struct {
	Key   string
	Value map[string]any
}

// ids are the last digits of what was found.
func (f *found) ids() string {
	var ids []string
	for _, t := range f.Traces {
		ids = append(ids, t.TraceID[31:])
	}
	return strings.Join(ids, " ")
}

func searchByTags(t *testing.T, s *server) {
	f := func(params, want string) {
		t.Helper()
		var got found
		s.get(t, "/api/search?"+params, &got)
		if got.ids() != want {
			t.Errorf("?%s finds %s, want %s", params, got.ids(), want)
		}
	}
	tags := func(text string) string { return "tags=" + url.QueryEscape(text) }
	f("", "6 5 4 3 2 1")
	f("limit=2", "6 5")
	f(tags("service.name=CHECK"), "6 5 4 3 2 1")
	f(tags("service.name=nobody"), "")
	f(tags(`http.route=buy http.response.status_code=200`), "6 5 4 3 2 1")
	f(tags(`retries=2`), "2")
	f(tags("member=true retries=5"), "5")
	f(tags("error=true"), "6 3")
	f(tags("status=error deployment.environment.name=PROD"), "6 3")
	f(tags(`name="SELECT orders"`), "6 5 4 3 2 1")
	f(tags("root.service.name=web root.name=buy"), "6 5 4 3 2 1")
	f(tags("root.service.name=checkout"), "")
	f(tags("service.name=checkout")+"&minDuration=400ms", "6 5 4")
	f("minDuration=200ms&maxDuration=400ms&limit=2", "4 3")
	f(fmt.Sprintf("start=%d&end=%d", s.start.Add(time.Minute).Unix(), s.start.Add(3*time.Minute).Unix()), "3 2")
	f("start=0&end=0&unknown=1", "6 5 4 3 2 1")

	var got found
	s.get(t, "/api/search?limit=1&"+tags("error=true"), &got)
	if one := got.Traces[0]; len(one.TraceID) != 32 || one.RootServiceName != "web" || one.RootTraceName != "POST /buy" || one.DurationMs != 600 ||
		one.Start != fmt.Sprint(s.start.Add(5*time.Minute).UnixNano()) || one.ServiceStats["checkout"].SpanCount != 2 || one.ServiceStats["checkout"].ErrorCount != 1 {
		t.Errorf("%+v", one)
	}
	if m := got.Metrics; m.InspectedTraces != 1 || m.CompletedJobs != 1 || m.TotalJobs != 1 {
		t.Errorf("%+v", m)
	}
}

func tagsAreNamedByScope(t *testing.T, s *server) {
	var v2 struct {
		Scopes []struct {
			Name string
			Tags []string
		}
		Metrics struct{}
	}
	s.get(t, "/api/v2/search/tags?limit=5000&start=0", &v2)
	tags := map[string]string{}
	for _, scope := range v2.Scopes {
		tags[scope.Name] = strings.Join(scope.Tags, ",")
	}
	for scope, want := range map[string]string{
		"resource": "deployment.environment.name,service.name", "event": "exception.type", "link": "why", "instrumentation": "lang",
		"span": "bytes,db.system.name,empty,http.response.status_code,http.route,items,member,nested,retries,total,user name",
	} {
		if tags[scope] != want {
			t.Errorf("%s has %s, want %s", scope, tags[scope], want)
		}
	}
	if !strings.Contains(tags["intrinsic"], "duration,event:name,") {
		t.Errorf("intrinsics %s", tags["intrinsic"])
	}
	s.get(t, "/api/v2/search/tags?scope=span&"+q(`{ name = "POST /buy" }`), &v2)
	if fmt.Sprint(v2.Scopes) != "[{span [http.response.status_code http.route]}]" {
		t.Errorf("of a query %+v", v2.Scopes)
	}
	s.get(t, "/api/v2/search/tags?scope=link", &v2)
	if len(v2.Scopes) != 1 || v2.Scopes[0].Name != "link" {
		t.Errorf("of links %+v", v2.Scopes)
	}
	var v1 struct {
		TagNames []string
		Metrics  struct{}
	}
	s.get(t, "/api/search/tags?scope=resource", &v1)
	if fmt.Sprint(v1.TagNames) != "[deployment.environment.name service.name]" {
		t.Errorf("v1 %v", v1.TagNames)
	}
}

func valuesHaveTypes(t *testing.T, s *server) {
	f := func(tag, params, want string) {
		t.Helper()
		var v2 struct {
			TagValues []struct{ Type, Value string }
			Metrics   struct{}
		}
		s.get(t, "/api/v2/search/tag/"+url.PathEscape(tag)+"/values?"+params, &v2)
		got := []string{}
		for _, v := range v2.TagValues {
			got = append(got, v.Type+" "+v.Value)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want {
			t.Errorf("%s?%s: %s, want %s", tag, params, strings.Join(got, ", "), want)
		}
	}
	f("resource.service.name", "", "string checkout, string web")
	f(".service.name", "", "string checkout, string web")
	f(".http.response.status_code", "", "int 200")
	f("span.total", "", "float 12.5")
	f("span.member", "", "bool true")
	f(`span."user name"`, "", `string O'Brien "\ ünï`)
	f("span.retries", "limit=2&start="+fmt.Sprint(s.start.Add(4*time.Minute).Unix()), "int 5, int 6")
	f("event.exception.type", "", "string TimeoutError")
	f("link.why", "", "string retry")
	f("instrumentation.lang", "", "string go")
	f("event:name", "", "string exception")
	f("name", "", "string POST /buy, string SELECT orders, string charge card")
	f("trace:rootName", "", "string POST /buy")
	f("rootServiceName", "", "string web")
	f("statusMessage", "", "string no money")
	f("status", "", "keyword error, keyword ok, keyword unset")
	f("span:kind", "", "keyword client, keyword consumer, keyword internal, keyword producer, keyword server, keyword unspecified")
	f("duration", "", "")
	f("nestedSetParent", "", "")
	f("span.nothing", "", "")

	// Narrowed to the spans of a query, which may be unfinished.
	f("resource.service.name", q(`{ name = "POST /buy" }`), "string web")
	f("resource.service.name", q(`{ name = "POST /buy" && .x = }`), "string web")
	f("resource.service.name", q(`{ nestedSetParent<0 && true }`), "string web")
	f("resource.service.name", q(`{ .x = "a && }`), "string checkout, string web")
	f("resource.service.name", q(`{ name = "POST /buy" || .x = }`), "string checkout, string web")
	f("span.retries", q(`{ status = error }`), "int 3, int 6")
	f("span.retries", q(`{ duration > 300ms && span.total != nil && resource.service.name =~ "check.*" && kind = internal }`), "int 4, int 5, int 6")
	f("span.retries", q(`{ span.retries < 3 || .retries = 5 } | rate()`), "int 1, int 2, int 5")
	f("name", q(`{ statusMessage = "no money" }`), "string charge card")
	f("event.exception.type", q(`{ name = "nothing" }`), "string TimeoutError") // not narrowed

	var v1 struct {
		TagValues []string
		Metrics   struct{}
	}
	s.get(t, "/api/search/tag/service.name/values", &v1)
	if fmt.Sprint(v1.TagValues) != "[checkout web]" {
		t.Errorf("v1 %v", v1.TagValues)
	}
}

// TestEveryPathIsDocumented holds the table of docs/api-tempo.md against the routes.
func TestEveryPathIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/api-tempo.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented, routed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `GET (/[^`]*)` \\|").FindAllStringSubmatch(string(page), -1) {
		documented = append(documented, tempo.Prefix+row[1])
	}
	for _, r := range tempo.Routes(tempo.Deps{}) {
		if r.Method == http.MethodGet && r.Pattern != tempo.Prefix+"/" { // everything else
			routed = append(routed, r.Pattern)
		}
	}
	slices.Sort(documented)
	slices.Sort(routed)
	if !slices.Equal(documented, routed) {
		t.Errorf("documented %v\nrouted     %v", documented, routed)
	}
}
