package peer

import "strings"

// awsHost recognises AWS's own host names (table in the X-Ray notes of docs): service endpoints, buckets, load balancers,
// databases, caches. path is the URL's, without its leading slash. name is "" for any other host.
func awsHost(host, path string) (typ, name string) {
	if id, ok := strings.CutSuffix(host, ".on.aws"); ok {
		if id, _, ok := strings.Cut(id, ".lambda-url."); ok {
			return "AWS::Lambda::Function", id
		}
		return "", ""
	}
	rest, ok := strings.CutSuffix(strings.TrimSuffix(host, ".cn"), ".amazonaws.com")
	if !ok || rest == "" {
		if host == "public.ecr.aws" {
			return "AWS::ECR::Repository", orElse(ecrRepository(path), host)
		}
		return "", ""
	}
	labels := strings.Split(rest, ".")
	last := labels[len(labels)-1]
	switch {
	case last == "rds" && len(labels) >= 4:
		return rdsHost(labels)
	case last == "cache" && len(labels) >= 3:
		return cacheHost(labels)
	case last == "docdb" && len(labels) >= 4:
		return "AWS::DocDB::DBCluster", labels[0]
	case last == "neptune" && len(labels) >= 4:
		return "AWS::Neptune::DBCluster", labels[0]
	case last == "redshift" && len(labels) >= 4:
		return "AWS::Redshift::Cluster", labels[0]
	case last == "es" && len(labels) == 3:
		return "AWS::OpenSearchService::Domain", balancer(strings.TrimPrefix(strings.TrimPrefix(labels[0], "search-"), "vpc-"))
	case last == "elb" && len(labels) >= 3:
		return "AWS::ElasticLoadBalancingV2::LoadBalancer", balancer(labels[0])
	case len(labels) >= 3 && labels[len(labels)-2] == "elb":
		return "AWS::ElasticLoadBalancingV2::LoadBalancer", balancer(labels[0])
	case len(labels) >= 2 && labels[1] == "execute-api":
		stage, _, _ := strings.Cut(path, "/")
		if stage == "" {
			return "AWS::ApiGateway::Stage", labels[0]
		}
		return "AWS::ApiGateway::Stage", labels[0] + "/" + stage
	case len(labels) >= 3 && labels[1] == "dkr" && labels[2] == "ecr":
		return "AWS::ECR::Repository", orElse(ecrRepository(path), host)
	}
	if typ, name := s3Host(labels, path); name != "" {
		return typ, name
	}
	service := strings.TrimSuffix(labels[0], "-fips")
	switch service {
	case "sqs", "queue":
		return queueOrService(path)
	case "lambda":
		if f := lambdaOfPath(path); f != "" {
			return "AWS::Lambda::Function", f
		}
	}
	if last == "queue" { // the legacy form REGION.queue.amazonaws.com
		return queueOrService(path)
	}
	if service, known := awsServices[service]; known && len(labels) <= 2 {
		return "AWS::" + service, service
	}
	return "", "" // a customer's name under a service that this table does not know
}

// rdsHost: NAME.HASH.REGION.rds, where the hash's prefix tells clusters and proxies from instances.
func rdsHost(labels []string) (typ, name string) {
	switch {
	case strings.HasPrefix(labels[1], "cluster-"):
		return "AWS::RDS::DBCluster", labels[0]
	case strings.HasPrefix(labels[1], "proxy-"):
		return "AWS::RDS::DBProxy", labels[0]
	}
	return "AWS::RDS::DBInstance", labels[0]
}

// cacheHost: [master|replica|clustercfg.]NAME.HASH.[ng.][0001.]REGION.cache and NAME-HASH.serverless.REGION.cache.
func cacheHost(labels []string) (typ, name string) {
	if labels[1] == "serverless" {
		name = labels[0]
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		return "AWS::ElastiCache::ServerlessCache", name
	}
	switch labels[0] {
	case "master", "replica", "clustercfg":
		return "AWS::ElastiCache::ReplicationGroup", labels[1]
	}
	typ = "AWS::ElastiCache::ReplicationGroup"
	for i, l := range labels[2:] {
		switch {
		case l == "cfg", len(l) == 4 && strings.Trim(l, "0123456789") == "" && labels[i+1] != "ng":
			typ = "AWS::ElastiCache::CacheCluster"
		}
	}
	return typ, labels[0]
}

// balancer takes the name out of [internal-]NAME-DIGITS (application, classic) and NAME-HEX (network).
func balancer(label string) string {
	label = strings.TrimPrefix(label, "internal-")
	if i := strings.LastIndexByte(label, '-'); i > 0 {
		return label[:i]
	}
	return label
}

// s3Host: BUCKET.s3[.-]REGION, s3.REGION/BUCKET and their dualstack and accelerate forms. A bucket may contain dots.
func s3Host(labels []string, path string) (typ, name string) {
	for i, l := range labels {
		if l != "s3" && !strings.HasPrefix(l, "s3-") {
			continue
		}
		bucket := strings.Join(labels[:i], ".")
		if bucket == "" {
			bucket, _, _ = strings.Cut(path, "/")
		}
		if bucket == "" {
			return "AWS::S3", "S3"
		}
		return "AWS::S3::Bucket", bucket
	}
	return "", ""
}

// queueOrService reads ACCOUNT/QUEUE.
func queueOrService(path string) (typ, name string) {
	if _, queue, ok := strings.Cut(path, "/"); ok {
		if queue, _, _ = strings.Cut(queue, "/"); queue != "" {
			return "AWS::SQS::Queue", queue
		}
	}
	return "AWS::SQS", "SQS"
}

// lambdaOfPath reads 2015-03-31/functions/NAME/invocations.
func lambdaOfPath(path string) string {
	_, rest, ok := strings.Cut(path, "/functions/")
	if !ok {
		return ""
	}
	f, _, _ := strings.Cut(rest, "/")
	return functionName(f)
}

// ecrRepository reads v2/REPO.../manifests|blobs|tags/..., or a bare repository path.
func ecrRepository(path string) string {
	path = strings.TrimPrefix(path, "v2/")
	for _, end := range [...]string{"/manifests/", "/blobs/", "/tags/"} {
		if i := strings.Index(path, end); i >= 0 {
			path = path[:i]
		}
	}
	return strings.Trim(path, "/")
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
