package xray_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sightline/sightline/collector"
	"github.com/sightline/sightline/collector/loader"
	"github.com/sightline/sightline/storage/batch"
	"github.com/sightline/sightline/storage/storagetest"
	"github.com/sightline/sightline/storage/traces"
)

// TestTraceOfAFunctionIsOnTheMap sends what X-Ray's SDKs and AWS send of one order: an API on ECS invokes a function, which writes a
// table, sends a message and asks a host; a worker on EC2 takes the message. One subsegment comes alone and early, and the function
// tells of itself before it ends.
func TestTraceOfAFunctionIsOnTheMap(t *testing.T) {
	db := storagetest.Open(t)
	j := openJournal(t, 0)
	c, stop := start(t, collector.Config{Journal: j})
	l, err := loader.New(loader.Config{Journal: j, Writer: batch.NewWriter(db), StateFile: filepath.Join(t.TempDir(), "state"), Delay: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stopLoading := sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Cleanup(stopLoading)

	begin := time.Now().Add(-2 * time.Second).Truncate(time.Millisecond)
	trace := fmt.Sprintf("1-%08x-0123456789abcdef01234567", begin.Unix())
	doc := func(id, parent, name string, from, to int, more string) string {
		at := func(ms int) string { n := begin.UnixMilli() + int64(ms); return fmt.Sprintf("%d.%03d", n/1000, n%1000) }
		text := fmt.Sprintf(`{"id":%q,"name":%q,"start_time":%s,"trace_id":%q`, id, name, at(from), trace)
		if to > 0 {
			text += `,"end_time":` + at(to)
		} else {
			text += `,"in_progress":true`
		}
		if parent != "" {
			text += fmt.Sprintf(`,"parent_id":%q`, parent)
		}
		return text + more + "}"
	}
	const queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/mails"
	lambda := `,"origin":"AWS::Lambda","resource_arn":"arn:aws:lambda:eu-central-1:123456789012:function:order","http":{"response":{"status":200}}`
	function := `,"origin":"AWS::Lambda::Function","aws":{"account_id":"123456789012","function_arn":"arn:aws:lambda:eu-central-1:123456789012:function:order"}`
	table := `,"namespace":"aws","aws":{"operation":"PutItem","table_name":"orders","region":"eu-central-1","request_id":"R1","retries":0},"http":{"response":{"status":400}},"error":true,"throttle":true`
	message := `,"namespace":"aws","aws":{"operation":"SendMessage","queue_url":"` + queue + `"}`
	conn := dial(t, c)
	for _, packet := range []string{
		doc("00000000000000f0", "00000000000000e0", "order", 20, 0, function),
		doc("00000000000000f3", "00000000000000f0", "bank.example.com", 60, 70, `,"type":"subsegment","namespace":"remote","fault":true,"http":{"request":{"method":"GET","url":"https://bank.example.com/"},"response":{"status":503}}`),
		doc("00000000000000a0", "", "api", 0, 100, `,"origin":"AWS::ECS::Container","service":{"version":"7"},"http":{"request":{"method":"POST","url":"https://api/order"},"response":{"status":200}},"subsegments":[`+
			doc("00000000000000a1", "", "Lambda", 5, 95, `,"namespace":"aws","aws":{"operation":"Invoke","function_name":"order"}`)+`]`),
		doc("00000000000000e0", "00000000000000a1", "order", 10, 90, lambda),
		doc("00000000000000f0", "00000000000000e0", "order", 20, 85, function+`,"subsegments":[`+
			doc("00000000000000f1", "", "DynamoDB", 30, 40, table)+","+doc("00000000000000f2", "", "SQS", 45, 50, message)+`]`),
		doc("00000000000000b0", "00000000000000f2", "worker", 500, 600, `,"origin":"AWS::EC2::Instance"`),
	} {
		send(t, conn, header+packet)
	}
	id, err := traces.ParseTraceID(trace)
	if err != nil {
		t.Fatal(err)
	}
	r := traces.NewReader(db)
	var spans []traces.Span
	eventually(t, "all spans", func() bool {
		spans, _, err = r.Trace(t.Context(), "default", id, traces.Range{From: begin.Add(-time.Minute), To: begin.Add(time.Minute)})
		return err == nil && len(spans) == 8
	})
	stopLoading()
	stop()
	var got strings.Builder
	for _, s := range spans {
		fmt.Fprintf(&got, "%s %s %s/%s %s %v %v", s.SpanID, s.Kind, s.Service, s.ServiceType, s.Name, s.Class, s.Duration)
		if s.PeerName != "" {
			fmt.Fprintf(&got, " -> %s %s", s.PeerType, s.PeerName)
		}
		got.WriteString("\n")
	}
	want := `00000000000000a0 server api/AWS::ECS::Container api ok 100ms
00000000000000a1 client api/AWS::ECS::Container Lambda ok 90ms -> AWS::Lambda::Function order
00000000000000e0 server order/AWS::Lambda::Function order ok 80ms
00000000000000f0 internal order/AWS::Lambda::Function order ok 65ms
00000000000000f1 client order/AWS::Lambda::Function DynamoDB throttle 10ms -> AWS::DynamoDB::Table orders
00000000000000f2 producer order/AWS::Lambda::Function SQS ok 5ms -> AWS::SQS::Queue mails
00000000000000f3 client order/AWS::Lambda::Function bank.example.com fault 10ms -> remote bank.example.com
00000000000000b0 server worker/AWS::EC2::Instance worker ok 100ms
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}

	rows, err := r.Map(t.Context(), "default", traces.Range{From: begin.Add(-time.Minute), To: begin.Add(time.Minute)})
	if err != nil {
		t.Fatal(err)
	}
	got.Reset()
	for _, e := range rows.Edges {
		arrow := "->"
		if e.Async {
			arrow = "~>"
		}
		fmt.Fprintf(&got, "%s %s %s %s %s %s: %v requests\n", e.From.Kind, e.From.Type, e.From.Name, arrow, e.To.Type, e.To.Name, e.Requests())
	}
	wantEdges := `client client api -> AWS::ECS::Container api: 1 requests
inferred AWS::SQS::Queue mails ~> AWS::EC2::Instance worker: 1 requests
service AWS::ECS::Container api -> AWS::Lambda::Function order: 1 requests
service AWS::Lambda::Function order -> AWS::DynamoDB::Table orders: 1 requests
service AWS::Lambda::Function order -> AWS::SQS::Queue mails: 1 requests
service AWS::Lambda::Function order -> remote bank.example.com: 1 requests
`
	if got.String() != wantEdges {
		t.Errorf("edges\n%s\nwant\n%s", got.String(), wantEdges)
	}
}
