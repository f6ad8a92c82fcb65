package peer

import "strings"

// awsHost recognises AWS's own host names: endpoints of services in every partition (also FIPS, dual-stack and VPC endpoints), and
// what customers have there: buckets, load balancers, databases, caches. path is the URL's, without its leading slash. name is ""
// for any other host.
func awsHost(host, path string) (typ, name string) {
	for _, d := range awsDomains {
		if first, ok := strings.CutSuffix(host, d.suffix); ok && first != "" {
			first, _, _ = strings.Cut(first, ".")
			return d.typ, first
		}
	}
	if host == "public.ecr.aws" {
		return "AWS::ECR::Repository", orElse(ecrRepository(path), host)
	}
	rest := ""
	for _, suffix := range awsSuffixes {
		var ok bool
		if rest, ok = strings.CutSuffix(host, suffix); ok {
			break
		}
		rest = ""
	}
	if rest == "" {
		return "", ""
	}
	labels := strings.Split(rest, ".")
	if labels[len(labels)-1] == "vpce" {
		return vpcEndpoint(labels[:len(labels)-1], path)
	}
	return awsLabels(labels, path)
}

// awsSuffixes end the host names of AWS's partitions: the commercial one and GovCloud, China, the European one, the isolated ones; those
// of dual-stack endpoints; and LocalStack, which answers in their stead.
var awsSuffixes = [...]string{
	".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".c2s.ic.gov", ".sc2s.sgov.gov", ".api.aws", ".api.amazonwebservices.com.cn", ".on.aws",
	".localhost.localstack.cloud",
}

// awsDomains are names of customers' resources outside of amazonaws.com; the first label is the resource's.
var awsDomains = [...]struct{ suffix, typ string }{
	{".cloudfront.net", "AWS::CloudFront::Distribution"},
	{".awsapprunner.com", "AWS::AppRunner::Service"},
	{".elasticbeanstalk.com", "AWS::ElasticBeanstalk::Environment"},
	{".awsglobalaccelerator.com", "AWS::GlobalAccelerator::Accelerator"},
	{".amazoncognito.com", "AWS::Cognito::UserPoolDomain"},
}

// mayBeAWS says cheaply whether a host name, or a URL up to its path, may be one that awsHost or cloudHost reads a path with.
func mayBeAWS(s string) bool {
	return strings.Contains(s, "aws") || strings.Contains(s, ".ic.gov") || strings.Contains(s, ".sgov.gov") || strings.Contains(s, "localstack") ||
		strings.Contains(s, "googleapis")
}

// vpcEndpoint: [NAME.]vpce-ID.SERVICE.REGION. What a customer offers to others has no service, but an id: vpce-svc-ID.
func vpcEndpoint(labels []string, path string) (typ, name string) {
	for i, l := range labels {
		if !strings.HasPrefix(l, "vpce-") || i+1 == len(labels) {
			continue
		}
		if strings.HasPrefix(labels[i+1], "vpce-svc-") {
			return "AWS::EC2::VPCEndpointService", labels[i+1]
		}
		if i > 0 { // S3 says here what kind of endpoint it is: a bucket's, an access point's
			switch labels[i-1] {
			case "bucket", "accesspoint", "control":
				i--
			}
		}
		rest := labels[i+1:]
		for rest[0] == "bucket" || rest[0] == "accesspoint" || rest[0] == "control" || strings.HasPrefix(rest[0], "vpce-") {
			if rest = rest[1:]; len(rest) == 0 {
				return "", ""
			}
		}
		return awsLabels(append(labels[:i:i], rest...), path)
	}
	return "", ""
}

// awsLabels reads the labels before a partition's suffix, which are PREFIX.SERVICE.REGION, PREFIX.REGION.SERVICE, or without a region.
func awsLabels(labels []string, path string) (typ, name string) {
	at := len(labels) - 1
	if at > 0 && isRegion(labels[at]) {
		at--
	}
	if at > 0 && labels[at] == "dualstack" {
		at--
	}
	service := strings.TrimSuffix(labels[at], "-fips")
	prefix := labels[:at]
	if n := len(prefix); n > 0 && isRegion(prefix[n-1]) {
		prefix = prefix[:n-1]
	}
	if strings.HasPrefix(service, "s3-") || strings.HasPrefix(service, "s3express-") {
		return s3Host(service, prefix, path)
	}
	if read := awsHosts[service]; read != nil {
		if typ, name = read(prefix, path); name != "" {
			return typ, name
		}
	}
	if len(prefix) > 1 || len(prefix) == 1 && !accountEndpoints[service] {
		return "", "" // a customer's name under a service that these tables do not know
	}
	if service, known := awsServices[service]; known {
		return "AWS::" + service, service
	}
	return "", ""
}

// accountEndpoints have the account's number, or a part of the service, in front.
var accountEndpoints = map[string]bool{"ddb": true, "data-kinesis": true, "control-kinesis": true, "timestream": true, "codeartifact": true}

// isRegion: eu-west-1, us-gov-east-1, us-iso-east-1, and Aurora's and ElastiCache's short ones are not asked for.
func isRegion(label string) bool {
	n := len(label)
	if n < 8 || label[n-1] < '0' || label[n-1] > '9' || label[n-2] != '-' || label[2] != '-' && !strings.HasPrefix(label, "eusc-") {
		return false
	}
	return strings.Trim(label[:n-1], "abcdefghijklmnopqrstuvwxyz-") == ""
}

// awsHosts read what stands before a service in its host names: the resource.
var awsHosts = map[string]func(prefix []string, path string) (typ, name string){
	"s3":                   func(p []string, path string) (string, string) { return s3Host("s3", p, path) },
	"sqs":                  queueHost,
	"queue":                queueHost,
	"lambda":               lambdaHost,
	"lambda-url":           resourceHost("AWS::Lambda::Function", 0),
	"execute-api":          apiHost,
	"appsync-api":          resourceHost("AWS::AppSync::GraphQLAPI", 0),
	"appsync-realtime-api": resourceHost("AWS::AppSync::GraphQLAPI", 0),
	"elb":                  balancerHost,
	"rds":                  rdsHost,
	"dsql":                 resourceHost("AWS::DSQL::Cluster", 0),
	"cache":                cacheHost,
	"memorydb":             memoryHost,
	"dax-clusters":         resourceHost("AWS::DAX::Cluster", 0),
	"docdb":                resourceHost("AWS::DocDB::DBCluster", 1),
	"neptune":              resourceHost("AWS::Neptune::DBCluster", 1),
	"redshift":             resourceHost("AWS::Redshift::Cluster", 1),
	"redshift-serverless":  resourceHost("AWS::RedshiftServerless::Workgroup", 1),
	"es":                   domainHost,
	"aos":                  domainHost,
	"aoss":                 resourceHost("AWS::OpenSearchServerless::Collection", 0),
	"kafka":                streamingHost,
	"kafka-serverless":     streamingHost,
	"mq":                   resourceHost("AWS::AmazonMQ::Broker", 0),
	"ecr":                  ecrHost,
	"dkr-ecr":              ecrHost,
	"eks":                  resourceHost("AWS::EKS::Cluster", 1),
	"bedrock-runtime":      modelHost,
	"git-codecommit":       gitHost,
	"dynamodb":             tableHost,
}

// resourceHost is NAME, then as many labels more that do not count, at least.
func resourceHost(typ string, more int) func([]string, string) (string, string) {
	return func(p []string, _ string) (string, string) {
		if len(p) <= more {
			return "", ""
		}
		return typ, p[0]
	}
}
