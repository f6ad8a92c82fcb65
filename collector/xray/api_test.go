package xray_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/xray"
	"github.com/aws/aws-sdk-go-v2/service/xray/types"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/admission"
	"github.com/sightline/sightline/collector/journal"
	"github.com/sightline/sightline/collector/xray"
)

// client is AWS's own, with a key's id where an ingest key goes.
func client(base, keyID string) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: "eu-central-1", BaseEndpoint: aws.String(base), RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "anything"}, nil
		}),
	})
}

func base(c *collector.Collector) string {
	_, tcp := c.XRay().Addresses()
	return "http://" + tcp
}

func TestSDKPutsTraceSegments(t *testing.T) {
	j := openJournal(t, 0)
	c, _ := start(t, collector.Config{Journal: j})
	page := httptest.NewServer(c.XRay()) // where AWS_ENDPOINT_URL_XRAY may point, too
	defer page.Close()
	_, otlp := c.Addresses()
	for _, at := range []string{base(c), base(c) + xray.Prefix, page.URL + xray.Prefix, "http://" + otlp + xray.Prefix} {
		documents := []string{
			document(1, 1, "web of "+at, ""),
			strings.Replace(document(1, 2, "no trace", ""), `"trace_id":"1-`, `"trace_id":"2-`, 1),
			`{"id":"00000000000000ab","trace_id":"1-5759e988-bd862e3fe1be46a994272793","name":"old","start_time":1461096053,"end_time":1461096054}`,
			"nonsense",
			document(1, 3, "S3 of "+at, `,"type":"subsegment","namespace":"aws","parent_id":"0000000000000001"`),
		}
		out, err := client(at, "anybody").PutTraceSegments(t.Context(), &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: documents})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, u := range out.UnprocessedTraceSegments {
			got = append(got, aws.ToString(u.Id)+" "+aws.ToString(u.ErrorCode))
			if !strings.HasPrefix(aws.ToString(u.Message), "Invalid segment. ErrorCode: "+aws.ToString(u.ErrorCode)) {
				t.Errorf("message %q", aws.ToString(u.Message))
			}
		}
		if want := "0000000000000002 InvalidTraceId, 00000000000000ab InvalidStartTime,  ParseError"; strings.Join(got, ", ") != want {
			t.Errorf("unprocessed %q, want %q", got, want)
		}
		if got := service(stored(t, j)["default/S3 of "+at]); got != "web of "+at {
			t.Errorf("the subsegment is of %q", got)
		}
	}
	a := c.Accounts()
	if arrived := a.Of("default", journal.SignalTraces); arrived.Accepted != 8 || arrived.Received != 12 || a.Refused[admission.ReasonDecode] != 8 {
		t.Errorf("accounts %+v", a)
	}
	if _, err := client(base(c), "anybody").PutTelemetryRecords(t.Context(), &sdk.PutTelemetryRecordsInput{
		TelemetryRecords: []types.TelemetryRecord{{Timestamp: aws.Time(time.Now()), SegmentsSentCount: aws.Int32(1)}},
	}); err != nil {
		t.Error(err)
	}
}

func TestRepeatedRequestIsStoredOnce(t *testing.T) {
	c, _ := start(t, collector.Config{Journal: openJournal(t, 0)})
	in := &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: []string{document(1, 1, "web", "")}}
	for range 2 {
		if _, err := client(base(c), "anybody").PutTraceSegments(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	if a := c.Accounts().Of("default", journal.SignalTraces); a.Accepted != 1 || a.Deduplicated != 1 {
		t.Errorf("account %+v", a)
	}
}

func TestSDKAsksWhatToSample(t *testing.T) {
	c, _ := start(t, collector.Config{Journal: openJournal(t, 0), Auth: keys{}}) // sampling is nobody's secret
	sdkClient := client(base(c), "anybody")
	rules, err := sdkClient.GetSamplingRules(t.Context(), &sdk.GetSamplingRulesInput{})
	if err != nil || len(rules.SamplingRuleRecords) != 1 {
		t.Fatalf("%v %v", rules, err)
	}
	r := rules.SamplingRuleRecords[0]
	if s := r.SamplingRule; aws.ToString(s.RuleName) != "Default" || s.FixedRate != 0.25 || aws.ToInt32(s.Priority) != 10000 || aws.ToInt32(s.Version) != 1 ||
		aws.ToString(s.URLPath) != "*" || time.Since(aws.ToTime(r.ModifiedAt)) > time.Minute {
		t.Errorf("rule %+v", r)
	}
	now := aws.Time(time.Now())
	stats := func(rule string) types.SamplingStatisticsDocument {
		return types.SamplingStatisticsDocument{RuleName: aws.String(rule), ClientID: aws.String(strings.Repeat("a", 24)), RequestCount: 5, SampledCount: 1, Timestamp: now}
	}
	targets, err := sdkClient.GetSamplingTargets(t.Context(), &sdk.GetSamplingTargetsInput{SamplingStatisticsDocuments: []types.SamplingStatisticsDocument{stats("Default"), stats("mine")}})
	if err != nil || len(targets.SamplingTargetDocuments) != 1 || len(targets.UnprocessedStatistics) != 1 {
		t.Fatalf("%v %v", targets, err)
	}
	if d := targets.SamplingTargetDocuments[0]; d.FixedRate != 0.25 || aws.ToInt32(d.ReservoirQuota) != 1 || aws.ToInt32(d.Interval) != 10 ||
		time.Until(aws.ToTime(d.ReservoirQuotaTTL)) < time.Minute || aws.ToTime(targets.LastRuleModification) != aws.ToTime(r.ModifiedAt) {
		t.Errorf("target %+v, modified %v", d, targets.LastRuleModification)
	}
}

func TestAccessKeyIDIsTheIngestKey(t *testing.T) {
	j := openJournal(t, 0)
	c, stop := start(t, collector.Config{Journal: j, Auth: keys{}})
	in := &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: []string{document(1, 1, "web", "")}}
	_, err := client(base(c), "AKIAIOSFODNN7EXAMPLE").PutTraceSegments(t.Context(), in)
	var status interface{ HTTPStatusCode() int }
	if err == nil || !strings.Contains(err.Error(), "UnrecognizedClientException") || !errors.As(err, &status) || status.HTTPStatusCode() != http.StatusForbidden {
		t.Errorf("a stranger is told %v", err)
	}
	if _, err := client(base(c), "sl_1_secret").PutTraceSegments(t.Context(), in); err != nil {
		t.Error(err)
	}
	if a := c.Accounts().Of("shop", journal.SignalTraces); a.Accepted != 1 {
		t.Errorf("account %+v", a)
	}
	body := func() io.Reader { return strings.NewReader(`{"TraceSegmentDocuments":[]}`) }
	for request, want := range map[*http.Request]int{
		httptest.NewRequest("POST", xray.Prefix+"/TraceSegments?X-Amz-Credential=sl_1_secret%2F20260101%2Feu%2Fxray%2Faws4_request", body()): 200,
		httptest.NewRequest("POST", "/TraceSegments", body()):                                                                                403,
	} {
		w := httptest.NewRecorder()
		c.XRay().ServeHTTP(w, request)
		if w.Code != want {
			t.Errorf("%s answers %d, want %d: %s", request.URL, w.Code, want, w.Body)
		}
	}
	stop()
	w := httptest.NewRecorder()
	if c.XRay().ServeHTTP(w, httptest.NewRequest("POST", "/TraceSegments", body())); w.Code != 503 {
		t.Errorf("a stopped receiver answers %d", w.Code)
	}
	// Without credentials the configured key is taken, at the receiver's own address only.
	c, _ = start(t, collector.Config{Journal: j, Auth: keys{}, XRay: xray.Config{TCP: "127.0.0.1:0", Key: "sl_1_secret"}})
	resp, err := http.Post(base(c)+"/TraceSegments", "application/json", body())
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	w = httptest.NewRecorder()
	if c.XRay().ServeHTTP(w, httptest.NewRequest("POST", "/TraceSegments", body())); w.Code != 403 {
		t.Errorf("elsewhere: %d", w.Code)
	}
}

func TestErrorsAreAWSs(t *testing.T) {
	c, _ := start(t, collector.Config{Journal: openJournal(t, 0), Limits: admission.Limits{Request: 128 << 10}})
	f := func(method, path, body string, headers []string, status int, code string) {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		c.XRay().ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("X-Amzn-Errortype") != code || !bytes.Contains(w.Body.Bytes(), []byte(`"__type":"`+code+`","Message":"`)) {
			t.Errorf("%s %s: %d %v %s, want %d %s", method, path, w.Code, w.Header(), w.Body, status, code)
		}
	}
	f("POST", "/TraceSegments", "{", nil, 400, "InvalidRequestException")
	f("POST", "/TraceSegments", `{"TraceSegmentDocuments":{}}`, nil, 400, "InvalidRequestException")
	f("POST", "/TraceSegments", strings.Repeat(" ", 129<<10), nil, 413, "InvalidRequestException")
	f("POST", "/TraceSegments", "{}", []string{"Content-Encoding", "gzip"}, 400, "InvalidRequestException")
	f("POST", "/TraceSegments", "{}", []string{"Origin", "http://evil.example"}, 403, "AccessDeniedException")
	f("GET", "/TraceSegments", "", nil, 405, "InvalidRequestException")
	f("POST", "/Traces", "{}", nil, 404, "UnknownOperationException")
	f("POST", "/SamplingTargets", "[]", nil, 400, "InvalidRequestException")
}

func TestFullJournalIsRetryable(t *testing.T) {
	c, _ := start(t, collector.Config{Journal: openJournal(t, 1)})
	large := document(1, 1, "web", `,"metadata":{"x":"`+strings.Repeat("x", 60<<10)+`"}`)
	in := &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: []string{large}}
	eventually(t, "a refusal", func() bool {
		_, err := client(base(c), "anybody").PutTraceSegments(t.Context(), in)
		var status interface{ HTTPStatusCode() int }
		return errors.As(err, &status) && status.HTTPStatusCode() == http.StatusServiceUnavailable && strings.Contains(err.Error(), "journal is full")
	})
	slow, _ := start(t, collector.Config{Journal: openJournal(t, 0), Limits: admission.Limits{Rate: 1, Request: 64 << 10}})
	eventually(t, "a throttling", func() bool {
		_, err := client(base(slow), "anybody").PutTraceSegments(t.Context(), &sdk.PutTraceSegmentsInput{TraceSegmentDocuments: []string{large}})
		var throttled *types.ThrottledException
		return errors.As(err, &throttled)
	})
}
