package peer

// Slot names a piece of evidence that the recogniser reads. Several attribute keys may spell the same evidence (old and new
// semantic conventions, X-Ray's translations); the last one set wins.
type Slot uint8

// The evidence that is looked at. Zero is no slot.
const (
	NoSlot Slot = iota

	// How the request ended.
	HTTPStatus
	HTTPStatusOld
	GRPCStatus
	RPCStatus
	ErrorType
	ExceptionType
	ErrorCode

	// Sampling and progress.
	AdjustedCount
	InProgress

	// What the span talks to.
	RemoteService
	RemoteResourceType
	RemoteResourceID
	PeerService
	RPCSystem
	RPCService
	RPCMethod
	DBSystem
	DBNamespace
	DBName
	DBCollection
	MsgSystem
	MsgDestination
	MsgTemplate
	MsgTemporary
	MsgAnonymous
	MsgURL
	ServerAddress
	ServerPort
	NetPeerName
	NetPeerPort
	HTTPHost
	URLFull
	PeerAddress
	PeerAddressPort
	UpstreamCluster

	// AWS resources.
	Table
	TableARN
	Stream
	StreamARN
	Bucket
	QueueName
	QueueURL
	TopicARN
	LambdaName
	LambdaARN
	FaaSInvoked
	FaaSProvider
	LambdaMapping
	StateMachineARN
	ActivityARN
	SecretARN
	Agent
	KnowledgeBase
	Guardrail
	DataSource
	Model

	// Others.
	AIProvider
	DNSQuestion

	// Who called.
	UserAgent
	UserAgentName
	SyntheticType

	numSlots
)

// slots is the table of attribute keys. Keys that are not here say nothing about the peer.
var slots = map[string]Slot{
	"http.response.status_code":  HTTPStatus,
	"http.status_code":           HTTPStatusOld,
	"rpc.grpc.status_code":       GRPCStatus,
	"rpc.response.status_code":   RPCStatus,
	"rpc.connect_rpc.error_code": RPCStatus,
	"error.type":                 ErrorType,
	"exception.type":             ExceptionType,
	"aws.error.code":             ErrorCode,
	"aws.error_code":             ErrorCode,

	"sampler.adjusted_count":  AdjustedCount,
	"sampling.adjusted_count": AdjustedCount,
	"adjusted_count":          AdjustedCount,
	"SampleRate":              AdjustedCount, // Honeycomb's spelling
	"aws.xray.inprogress":     InProgress,

	"aws.remote.service":             RemoteService,
	"aws.remote.resource.type":       RemoteResourceType,
	"aws.remote.resource.identifier": RemoteResourceID,
	"peer.service":                   PeerService,
	"service.peer.name":              PeerService,
	"rpc.system":                     RPCSystem,
	"rpc.system.name":                RPCSystem,
	"rpc.service":                    RPCService,
	"rpc.method":                     RPCMethod,
	"db.system":                      DBSystem,
	"db.system.name":                 DBSystem,
	"db.namespace":                   DBNamespace,
	"db.name":                        DBName,
	"db.cassandra.keyspace":          DBName,
	"db.collection.name":             DBCollection,
	"messaging.system":               MsgSystem,
	"messaging.destination.name":     MsgDestination,
	"messaging.destination":          MsgDestination,
	"messaging.destination.template": MsgTemplate,

	"messaging.destination.temporary": MsgTemporary,
	"messaging.temp_destination":      MsgTemporary,
	"messaging.destination.anonymous": MsgAnonymous,
	"messaging.url":                   MsgURL,

	"server.address":        ServerAddress,
	"server.port":           ServerPort,
	"net.peer.name":         NetPeerName,
	"peer.hostname":         NetPeerName,
	"net.peer.port":         NetPeerPort,
	"peer.port":             NetPeerPort,
	"http.host":             HTTPHost,
	"url.full":              URLFull,
	"http.url":              URLFull,
	"network.peer.address":  PeerAddress,
	"net.sock.peer.addr":    PeerAddress,
	"net.peer.ip":           PeerAddress,
	"peer.ipv4":             PeerAddress,
	"network.peer.port":     PeerAddressPort,
	"net.sock.peer.port":    PeerAddressPort,
	"upstream_cluster":      UpstreamCluster,
	"upstream_cluster.name": UpstreamCluster,

	"aws.dynamodb.table_names":             Table,
	"aws.dynamodb.table.name":              Table,
	"aws.table_name":                       Table,
	"aws.table.name":                       Table,
	"aws.table.arn":                        TableARN,
	"aws.dynamodb.table.arn":               TableARN,
	"aws.kinesis.stream_name":              Stream,
	"aws.kinesis.stream.name":              Stream,
	"aws.stream.name":                      Stream,
	"aws.kinesis.stream.arn":               StreamARN,
	"aws.stream.arn":                       StreamARN,
	"aws.s3.bucket":                        Bucket,
	"aws.s3.bucket_name":                   Bucket,
	"aws.bucket.name":                      Bucket,
	"aws.queue_name":                       QueueName,
	"aws.queue.name":                       QueueName,
	"aws.sqs.queue_name":                   QueueName,
	"aws.sqs.queue.url":                    QueueURL,
	"aws.sqs.queue_url":                    QueueURL,
	"aws.queue_url":                        QueueURL,
	"aws.queue.url":                        QueueURL,
	"aws.sns.topic.arn":                    TopicARN,
	"aws.sns.topic_arn":                    TopicARN,
	"aws.topic.arn":                        TopicARN,
	"topic_arn":                            TopicARN,
	"aws.lambda.function.name":             LambdaName,
	"aws.lambda.function_name":             LambdaName,
	"aws.lambda.function.arn":              LambdaARN,
	"faas.invoked_name":                    FaaSInvoked,
	"faas.invoked_provider":                FaaSProvider,
	"aws.lambda.resource_mapping.id":       LambdaMapping,
	"aws.step_functions.state_machine.arn": StateMachineARN,
	"aws.stepfunctions.state_machine.arn":  StateMachineARN,
	"aws.step_functions.activity.arn":      ActivityARN,
	"aws.stepfunctions.activity.arn":       ActivityARN,
	"aws.secretsmanager.secret.arn":        SecretARN,
	"aws.state_machine_arn":                StateMachineARN,
	"aws.secret_arn":                       SecretARN,
	"aws.bedrock.agent.id":                 Agent,
	"aws.bedrock.knowledge_base.id":        KnowledgeBase,
	"aws.bedrock.guardrail.id":             Guardrail,
	"aws.bedrock.data_source.id":           DataSource,
	"gen_ai.request.model":                 Model,

	"gen_ai.provider.name": AIProvider,
	"gen_ai.system":        AIProvider,
	"dns.question.name":    DNSQuestion,

	"user_agent.original":       UserAgent,
	"http.user_agent":           UserAgent,
	"user_agent.name":           UserAgentName,
	"user_agent.synthetic.type": SyntheticType,
}

// SlotOf is the slot that an attribute's key fills, NoSlot for most keys. It does not allocate.
func SlotOf(key []byte) Slot { return slots[string(key)] }

// mask is a set of slots.
type mask uint64

func maskOf(in ...Slot) (m mask) {
	for _, s := range in {
		m |= 1 << s
	}
	return m
}

var (
	// hostMask is where a host name may stand beside a URL, in the order of hosts.
	hostMask = maskOf(ServerAddress, NetPeerName, HTTPHost)

	// socketMask is the other end as the socket knows it.
	socketMask = maskOf(PeerAddress, PeerAddressPort)

	// awsMask are the attributes that only a call to AWS carries.
	awsMask = maskOf(Table, TableARN, Stream, StreamARN, Bucket, QueueName, QueueURL, TopicARN, LambdaName, LambdaARN,
		LambdaMapping, StateMachineARN, ActivityARN, SecretARN, Agent, KnowledgeBase, Guardrail, DataSource)

	// callerMask is what a SERVER span's request says of who sent it.
	callerMask = maskOf(UserAgent, UserAgentName, SyntheticType)

	// peerMask is everything that decides whom a span calls; the rest decides who called it, class, weight and state.
	peerMask = mask(1<<numSlots-1) &^ maskOf(NoSlot, HTTPStatus, HTTPStatusOld, GRPCStatus, RPCStatus, ErrorType, ExceptionType,
		ErrorCode, AdjustedCount, InProgress, UserAgent, UserAgentName, SyntheticType)

	throttleMask = maskOf(ErrorType, ExceptionType, ErrorCode)
	statusMask   = maskOf(HTTPStatus, HTTPStatusOld, GRPCStatus, RPCStatus)
)
