package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const (
	pointsTable   = "loyalty-points"
	receiptsQueue = "receipts"
	awsRegion     = "eu-central-1"
	awsAccount    = "123456789012"
)

var receiptsURL = "https://sqs." + awsRegion + ".amazonaws.com/" + awsAccount + "/" + receiptsQueue

// demoCredentials are no secret: the endpoint takes any.
var demoCredentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "demo", SecretAccessKey: "demo"}, nil
})

// awsConfig makes the official SDK call the endpoint on this machine that plays AWS, with a client span for each call.
func awsConfig(e Env) aws.Config {
	config := aws.Config{Region: awsRegion, BaseEndpoint: aws.String("http://" + e.Addrs["aws"]),
		Credentials: demoCredentials, RetryMaxAttempts: 1}
	otelaws.AppendMiddlewares(&config.APIOptions)
	return config
}

type loyalty struct {
	table *dynamodb.Client
	queue *sqs.Client
}

// runLoyalty gives points for orders: a DynamoDB table, and a message for a receipt over SQS.
func runLoyalty(ctx context.Context, e Env) error {
	flush, err := start(ctx, e)
	if err != nil {
		return err
	}
	defer flush()
	if err := waitFor(ctx, e.Addrs["aws"]); err != nil {
		return err
	}
	config := awsConfig(e)
	l := &loyalty{table: dynamodb.NewFromConfig(config), queue: sqs.NewFromConfig(config)}
	return serveHTTP(ctx, e.Addrs["loyalty"], map[string]http.HandlerFunc{"POST /points": l.add})
}

func (l *loyalty) add(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	var in struct {
		Customer string `json:"customer"`
		Total    int    `json:"total"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&in); err != nil {
		refuse(ctx, w, http.StatusBadRequest, err)
		return
	}
	_, err := l.table.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 aws.String(pointsTable),
		Key:                       map[string]dynamo.AttributeValue{"customer": &dynamo.AttributeValueMemberS{Value: in.Customer}},
		UpdateExpression:          aws.String("ADD points :p"),
		ExpressionAttributeValues: map[string]dynamo.AttributeValue{":p": &dynamo.AttributeValueMemberN{Value: strconv.Itoa(in.Total / 100)}},
	})
	var throttled *dynamo.ProvisionedThroughputExceededException
	if errors.As(err, &throttled) {
		w.Header().Set("Retry-After", "1")
		refuse(ctx, w, http.StatusTooManyRequests, errors.New("add points: the table is throttled"))
		return
	}
	if err != nil {
		refuse(ctx, w, http.StatusBadGateway, fmt.Errorf("add points: %w", err))
		return
	}
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	attributes := map[string]sqstypes.MessageAttributeValue{}
	for key, value := range carrier {
		attributes[key] = sqstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
	if _, err := l.queue.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(receiptsURL), MessageBody: aws.String(in.Customer), MessageAttributes: attributes}); err != nil {
		refuse(ctx, w, http.StatusBadGateway, fmt.Errorf("queue receipt: %w", err))
		return
	}
	reply(w, http.StatusOK, map[string]int{"points": in.Total / 100})
}

// runReceipts is a function as Lambda runs them: woken by messages of a queue, the first of an instance after a cold start.
func runReceipts(ctx context.Context, e Env) error {
	flush, err := start(ctx, e, attribute.String("cloud.provider", "aws"), attribute.String("cloud.platform", "aws_lambda"), attribute.String("cloud.region", awsRegion),
		attribute.String("cloud.account.id", awsAccount), attribute.String("faas.name", e.Name), attribute.String("faas.version", "$LATEST"), attribute.Int("faas.max_memory", 128<<20))
	if err != nil {
		return err
	}
	defer flush()
	if err := waitFor(ctx, e.Addrs["aws"]); err != nil {
		return err
	}
	tracer := otel.Tracer("shop/receipts")
	// The platform's own polling is not the function's: it sends no spans.
	queue := sqs.New(sqs.Options{Region: awsRegion, BaseEndpoint: aws.String("http://" + e.Addrs["aws"]), Credentials: demoCredentials})
	cold := true
	for ctx.Err() == nil {
		got, err := queue.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(receiptsURL), MaxNumberOfMessages: 5, WaitTimeSeconds: 5, MessageAttributeNames: []string{"All"}})
		if err != nil {
			work(ctx, time.Second)
			continue
		}
		if len(got.Messages) == 0 {
			continue
		}
		invoke(ctx, tracer, got.Messages, cold)
		cold = false
		for _, m := range got.Messages {
			if _, err := queue.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(receiptsURL), ReceiptHandle: m.ReceiptHandle}); err != nil && ctx.Err() == nil {
				e.Log.Warn("delete message", "error", err)
			}
		}
	}
	return nil
}

func invoke(ctx context.Context, tracer trace.Tracer, messages []sqstypes.Message, cold bool) {
	var links []trace.Link
	for _, m := range messages {
		carrier := propagation.MapCarrier{}
		for key, value := range m.MessageAttributes {
			carrier[key] = aws.ToString(value.StringValue)
		}
		if sc := trace.SpanContextFromContext(otel.GetTextMapPropagator().Extract(context.Background(), carrier)); sc.IsValid() {
			links = append(links, trace.Link{SpanContext: sc})
		}
	}
	ctx, span := tracer.Start(ctx, receiptsQueue+" process", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithLinks(links...), trace.WithAttributes(
		attribute.String("faas.trigger", "pubsub"), attribute.Bool("faas.coldstart", cold), attribute.String("messaging.system", "aws_sqs"),
		attribute.String("messaging.destination.name", receiptsQueue), attribute.String("messaging.operation.type", "process"), attribute.Int("messaging.batch.message_count", len(messages))))
	defer span.End()
	if cold {
		_, init := tracer.Start(ctx, "initialization")
		work(ctx, 350*time.Millisecond)
		init.End()
	}
	for range messages {
		_, render := tracer.Start(ctx, "render receipt")
		work(ctx, 12*time.Millisecond)
		render.End()
	}
	span.SetStatus(codes.Ok, "")
}
