package peer

import "strings"

// awsResources says which attribute names a resource of which type, most telling first, and how its identifier is read.
var awsResources = [...]struct {
	slot Slot
	typ  string
	name func(string) string
}{
	{Table, "AWS::DynamoDB::Table", same},
	{TableARN, "AWS::DynamoDB::Table", tableOfARN},
	{Stream, "AWS::Kinesis::Stream", same},
	{StreamARN, "AWS::Kinesis::Stream", lastOf("/")},
	{Bucket, "AWS::S3::Bucket", same},
	{QueueName, "AWS::SQS::Queue", same},
	{QueueURL, "AWS::SQS::Queue", lastOf("/")},
	{TopicARN, "AWS::SNS::Topic", lastOf(":")},
	{LambdaName, "AWS::Lambda::Function", functionName},
	{LambdaARN, "AWS::Lambda::Function", functionName},
	{FaaSInvoked, "AWS::Lambda::Function", functionName},
	{LambdaMapping, "AWS::Lambda::EventSourceMapping", same},
	{StateMachineARN, "AWS::StepFunctions::StateMachine", lastOf(":")},
	{ActivityARN, "AWS::StepFunctions::Activity", lastOf(":")},
	{SecretARN, "AWS::SecretsManager::Secret", lastOf(":")},
	{Agent, "AWS::Bedrock::Agent", same},
	{KnowledgeBase, "AWS::Bedrock::KnowledgeBase", same},
	{DataSource, "AWS::Bedrock::DataSource", same},
	{Guardrail, "AWS::Bedrock::Guardrail", same},
	{Model, "AWS::Bedrock::Model", same},
}

// awsCall recognises calls through an AWS SDK: the resource they touch, or the service where none is named.
func awsCall(in *Input) (typ, name string) {
	sdk := in.str(RPCSystem) == "aws-api"
	lambda := in.has(1<<FaaSInvoked) && (in.str(FaaSProvider) == "aws" || sdk)
	if !sdk && !lambda && !in.has(awsMask) {
		return "", ""
	}
	for i := range awsResources {
		r := &awsResources[i]
		if r.slot == FaaSInvoked && !lambda || r.slot == Model && !sdk {
			continue
		}
		if id := in.str(r.slot); id != "" {
			return r.typ, r.name(id)
		}
	}
	if !sdk {
		return "", ""
	}
	e := endpointOf(in)
	if typ, name = awsHost(e.host, e.path); typ == "AWS::SQS::Queue" { // the Go SDK's server.address is the queue's URL
		return typ, name
	}
	if typ, name = messaging(in); name != "" { // SNS and SQS name their destination in messaging's words
		return typ, name
	}
	if system := in.str(DBSystem); strings.HasSuffix(system, "dynamodb") && in.str(DBCollection) != "" {
		return "AWS::DynamoDB::Table", in.str(DBCollection)
	}
	service := rpcService(in)
	if service == "" {
		return awsHost(e.host, e.path)
	}
	service = awsService(service)
	return "AWS::" + service, service
}

// awsServices are the names that SDKs, old and new, and endpoints have for the services; keys as canonical makes them.
var awsServices = map[string]string{
	"dynamodb":                 "DynamoDB",
	"s3":                       "S3",
	"sqs":                      "SQS",
	"simplequeue":              "SQS",
	"sns":                      "SNS",
	"simplenotification":       "SNS",
	"lambda":                   "Lambda",
	"kinesis":                  "Kinesis",
	"firehose":                 "Firehose",
	"servicediscovery":         "ServiceDiscovery",
	"data-servicediscovery":    "ServiceDiscovery",
	"ecr":                      "ECR",
	"ecs":                      "ECS",
	"eks":                      "EKS",
	"ec2":                      "EC2",
	"rds":                      "RDS",
	"rdsdata":                  "RDSData",
	"rds-data":                 "RDSData",
	"rdsdataservice":           "RDSData",
	"sfn":                      "StepFunctions",
	"states":                   "StepFunctions",
	"stepfunctions":            "StepFunctions",
	"secretsmanager":           "SecretsManager",
	"ssm":                      "SimpleSystemsManagement",
	"simplesystemsmanagement":  "SimpleSystemsManagement",
	"sts":                      "STS",
	"securitytoken":            "STS",
	"kms":                      "KMS",
	"keymanagement":            "KMS",
	"iam":                      "IAM",
	"events":                   "EventBridge",
	"eventbridge":              "EventBridge",
	"cloudwatchevents":         "EventBridge",
	"monitoring":               "CloudWatch",
	"cloudwatch":               "CloudWatch",
	"logs":                     "Logs",
	"cloudwatchlogs":           "Logs",
	"xray":                     "XRay",
	"cloudtrail":               "CloudTrail",
	"bedrock":                  "Bedrock",
	"bedrockruntime":           "BedrockRuntime",
	"bedrock-runtime":          "BedrockRuntime",
	"cognito-idp":              "CognitoIdentityProvider",
	"cognitoidentityprovider":  "CognitoIdentityProvider",
	"appsync":                  "AppSync",
	"athena":                   "Athena",
	"glue":                     "Glue",
	"redshiftdata":             "RedshiftData",
	"elasticache":              "ElastiCache",
	"route53":                  "Route53",
	"apigateway":               "ApiGateway",
	"elasticloadbalancingv2":   "ElasticLoadBalancingV2",
	"codepipeline":             "CodePipeline",
	"codebuild":                "CodeBuild",
	"codedeploy":               "CodeDeploy",
	"codecommit":               "CodeCommit",
	"ses":                      "SES",
	"email":                    "SES",
	"simpleemail":              "SES",
	"sesv2":                    "SES",
	"appconfigdata":            "AppConfigData",
	"cloudformation":           "CloudFormation",
	"cloudfront":               "CloudFront",
	"dax":                      "DAX",
	"dynamodbstreams":          "DynamoDBStreams",
	"opensearch":               "OpenSearch",
	"ddb":                      "DynamoDB",
	"data-kinesis":             "Kinesis",
	"control-kinesis":          "Kinesis",
	"sync-states":              "StepFunctions",
	"email-smtp":               "SES",
	"eventbridgescheduler":     "Scheduler",
	"scheduler":                "Scheduler",
	"pipes":                    "Pipes",
	"cognito-identity":         "CognitoIdentity",
	"cognitoidentity":          "CognitoIdentity",
	"bedrockagentruntime":      "BedrockAgentRuntime",
	"bedrock-agent-runtime":    "BedrockAgentRuntime",
	"sagemakerruntime":         "SageMakerRuntime",
	"runtime.sagemaker":        "SageMakerRuntime",
	"comprehend":               "Comprehend",
	"rekognition":              "Rekognition",
	"textract":                 "Textract",
	"translate":                "Translate",
	"iot":                      "IoT",
	"iotdata":                  "IoT",
	"batch":                    "Batch",
	"route53domains":           "Route53Domains",
	"route53resolver":          "Route53Resolver",
	"appconfig":                "AppConfig",
	"codeartifact":             "CodeArtifact",
	"codestar-connections":     "CodeConnections",
	"codeconnections":          "CodeConnections",
	"appmesh":                  "AppMesh",
	"apprunner":                "AppRunner",
	"applicationsignals":       "ApplicationSignals",
	"synthetics":               "Synthetics",
	"timestream":               "Timestream",
	"timestreamwrite":          "TimestreamWrite",
	"timestreamquery":          "TimestreamQuery",
	"applicationautoscaling":   "ApplicationAutoScaling",
	"autoscaling":              "AutoScaling",
	"servicequotas":            "ServiceQuotas",
	"elasticbeanstalk":         "ElasticBeanstalk",
	"elasticfilesystem":        "ElasticFileSystem",
	"resourcegroupstaggingapi": "ResourceGroupsTaggingAPI",
}

// awsService is a service's name in its usual spelling; one that the table does not know keeps its own, without spaces.
func awsService(s string) string {
	plain := strings.ReplaceAll(s, " ", "")
	for _, prefix := range [...]string{"Amazon", "AWS"} {
		if rest, ok := strings.CutPrefix(plain, prefix); ok && rest != "" {
			plain = rest
		}
	}
	key := strings.ToLower(plain)
	for _, suffix := range [...]string{"", "client", "v2", "service"} {
		cut, ok := strings.CutSuffix(key, suffix)
		if !ok {
			continue
		}
		if name, ok := awsServices[cut]; ok {
			return name
		}
	}
	return plain
}

func same(s string) string { return s }

// lastOf reads what follows the last separator: names in ARNs and queue URLs.
func lastOf(sep string) func(string) string {
	return func(s string) string {
		s = strings.TrimSuffix(s, "/")
		return s[strings.LastIndex(s, sep)+1:]
	}
}

// tableOfARN reads arn:aws:dynamodb:R:A:table/NAME[/index/...].
func tableOfARN(arn string) string {
	_, name, ok := strings.Cut(arn, "table/")
	if !ok {
		return arn
	}
	name, _, _ = strings.Cut(name, "/")
	return name
}

// functionName strips ARN, version and alias: arn:aws:lambda:R:A:function:NAME[:QUALIFIER], NAME[:QUALIFIER].
func functionName(s string) string {
	if _, rest, ok := strings.Cut(s, ":function:"); ok {
		s = rest
	}
	name, _, _ := strings.Cut(s, ":")
	return name
}
