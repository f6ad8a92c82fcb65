package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// awsLocal plays the few calls of DynamoDB and SQS that the shop makes, in AWS's JSON protocol.
type awsLocal struct {
	mu     sync.Mutex
	random *rand.Rand
	points map[string]int
	queue  []awsMessage
	next   int
	wake   chan struct{}
}

type awsMessage struct {
	MessageID     string          `json:"MessageId"`
	ReceiptHandle string          `json:"ReceiptHandle"`
	Body          string          `json:"Body"`
	MD5           string          `json:"MD5OfBody"`
	Attributes    json.RawMessage `json:"MessageAttributes,omitempty"`
}

func runAWS(ctx context.Context, e Env) error {
	a := &awsLocal{random: rand.New(rand.NewPCG(e.Seed, 4)), points: map[string]int{}, wake: make(chan struct{}, 1)}
	return serve(ctx, &http.Server{Addr: e.Addrs["aws"], Handler: a, ReadHeaderTimeout: 5 * time.Second})
}

func (a *awsLocal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	var in struct {
		TableName                 string
		Key                       map[string]map[string]string
		ExpressionAttributeValues map[string]map[string]string
		MessageBody               string
		MessageAttributes         json.RawMessage
		MaxNumberOfMessages       int
		WaitTimeSeconds           int
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in); err != nil {
		awsError(w, "SerializationException", err.Error())
		return
	}
	switch operation {
	case "UpdateItem":
		work(r.Context(), 3*time.Millisecond)
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.random.Float64() < 0.05 {
			awsError(w, "ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded.")
			return
		}
		n, _ := strconv.Atoi(in.ExpressionAttributeValues[":p"]["N"])
		a.points[in.Key["customer"]["S"]] += n
		awsReply(w, map[string]any{})
	case "SendMessage":
		a.mu.Lock()
		defer a.mu.Unlock()
		a.next++
		sum := md5.Sum([]byte(in.MessageBody)) // the protocol's checksum, not a secret
		m := awsMessage{MessageID: strconv.Itoa(a.next), ReceiptHandle: strconv.Itoa(a.next), Body: in.MessageBody, MD5: hex.EncodeToString(sum[:]), Attributes: in.MessageAttributes}
		a.queue = append(a.queue, m)
		select {
		case a.wake <- struct{}{}:
		default:
		}
		awsReply(w, map[string]any{"MessageId": m.MessageID, "MD5OfMessageBody": m.MD5})
	case "ReceiveMessage":
		awsReply(w, map[string]any{"Messages": a.receive(r.Context(), in.MaxNumberOfMessages, time.Duration(in.WaitTimeSeconds)*time.Second)})
	case "DeleteMessage": // a received message is already gone
		awsReply(w, map[string]any{})
	default:
		awsError(w, "UnknownOperationException", operation)
	}
}

func (a *awsLocal) receive(ctx context.Context, most int, wait time.Duration) []awsMessage {
	timeout := time.After(wait)
	for {
		a.mu.Lock()
		n := min(most, len(a.queue))
		got := append([]awsMessage{}, a.queue[:n]...)
		a.queue = a.queue[n:]
		a.mu.Unlock()
		if n > 0 {
			return got
		}
		select {
		case <-a.wake:
		case <-timeout:
			return []awsMessage{}
		case <-ctx.Done():
			return []awsMessage{}
		}
	}
}

func awsReply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(body)
}

func awsError(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message})
}
