package peer

import "strings"

// brokers, by messaging.system in its old and new spellings.
var brokers = map[string]system{
	"kafka":           {"Queue::Kafka", "9092"},
	"nats":            {"Queue::NATS", "4222"},
	"rabbitmq":        {"Queue::RabbitMQ", "5672"},
	"activemq":        {"Queue::ActiveMQ", "61616"},
	"artemis":         {"Queue::ActiveMQ", "61616"},
	"pulsar":          {"Queue::Pulsar", "6650"},
	"rocketmq":        {"Queue::RocketMQ", "9876"},
	"jms":             {"Queue::JMS", ""},
	"mqtt":            {"Queue::MQTT", "1883"},
	"redis":           {"Queue::Redis", "6379"},
	"ibmmq":           {"Queue::IBMMQ", "1414"},
	"celery":          {"Queue::Celery", ""},
	"servicebus":      {"Queue::ServiceBus", "5671"},
	"eventhubs":       {"Queue::EventHubs", "5671"},
	"eventgrid":       {"Queue::EventGrid", "443"},
	"gcp_pubsub":      {"Queue::PubSub", "443"},
	"gcp.pubsub":      {"Queue::PubSub", "443"},
	"pubsub":          {"Queue::PubSub", "443"},
	"azureservicebus": {"Queue::ServiceBus", "5671"},
	"sidekiq":         {"Queue::Sidekiq", ""},
	"bullmq":          {"Queue::BullMQ", ""},
	"temporal":        {"Queue::Temporal", "7233"},
	"solace":          {"Queue::Solace", "55555"},
	"zeromq":          {"Queue::ZeroMQ", ""},
	"websphere-mq":    {"Queue::IBMMQ", "1414"},
	"aws_sqs":         {"AWS::SQS::Queue", "443"},
	"aws.sqs":         {"AWS::SQS::Queue", "443"},
	"amazonsqs":       {"AWS::SQS::Queue", "443"},
	"sqs":             {"AWS::SQS::Queue", "443"},
	"aws.sns":         {"AWS::SNS::Topic", "443"},
	"aws_sns":         {"AWS::SNS::Topic", "443"},
	"amazonsns":       {"AWS::SNS::Topic", "443"},
	"sns":             {"AWS::SNS::Topic", "443"},
	"aws.kinesis":     {"AWS::Kinesis::Stream", "443"},
	"aws_kinesis":     {"AWS::Kinesis::Stream", "443"},
	"kinesis":         {"AWS::Kinesis::Stream", "443"},
	"aws.eventbridge": {"AWS::Events::EventBus", "443"},
	"aws_eventbridge": {"AWS::Events::EventBus", "443"},
}

// anonymous stands for every destination that exists for one conversation only: their names are no nodes.
const anonymous = "(temporary)"

// messaging recognises producers, consumers and clients of brokers. The node is the destination; without one, the broker.
func messaging(in *Input) (typ, name string) {
	system := in.str(MsgSystem)
	destination := in.str(MsgDestination)
	if system == "" && (destination == "" || in.Kind == kindClient) {
		return "", ""
	}
	kind, known := brokers[strings.ToLower(system)]
	switch {
	case known:
	case system == "":
		kind.typ = "Queue"
	default:
		kind.typ = "Queue::" + system
	}
	if template := in.str(MsgTemplate); template != "" {
		destination = template
	} else if in.truth(MsgTemporary) || in.truth(MsgAnonymous) {
		destination = anonymous
	}
	switch kind.typ {
	case "AWS::SNS::Topic":
		if strings.HasPrefix(destination, "+") { // an SMS goes to a phone number: no node, and nobody's business
			return "AWS::SNS", "SMS"
		}
		destination = destination[strings.LastIndexByte(destination, ':')+1:]
	case "AWS::SQS::Queue", "AWS::Kinesis::Stream", "AWS::Events::EventBus":
		if destination == "" {
			destination = in.str(MsgURL)
		}
		destination = destination[strings.LastIndexAny(destination, "/:")+1:]
	}
	if destination != "" {
		return kind.typ, destination
	}
	if system == "" {
		return "", ""
	}
	e := endpointOf(in)
	if e.host == "" {
		e.host, e.port, _ = splitURL(in.str(MsgURL))
	}
	if host := e.hostPort(kind.port); host != "" {
		return kind.typ, host
	}
	return kind.typ, system
}
