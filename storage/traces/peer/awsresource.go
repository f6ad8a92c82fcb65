package peer

import (
	"net/url"
	"strings"
)

// balancerHost: [internal-]NAME-DIGITS (application, classic) and NAME-HEX (network).
func balancerHost(p []string, _ string) (typ, name string) {
	if len(p) == 0 {
		return "", ""
	}
	if p[0] == "dualstack" && len(p) > 1 {
		p = p[1:]
	}
	return "AWS::ElasticLoadBalancingV2::LoadBalancer", unnumbered(strings.TrimPrefix(strings.TrimPrefix(p[0], "dualstack-"), "internal-"))
}

// unnumbered drops what AWS added to a name that it made a host of: NAME-ID.
func unnumbered(label string) string {
	if i := strings.LastIndexByte(label, '-'); i > 0 {
		return label[:i]
	}
	return label
}

// rdsHost: NAME.HASH, where the hash's prefix tells clusters and proxies from instances. A proxy's and a cluster's further endpoints
// have a name of their own in front.
func rdsHost(p []string, _ string) (typ, name string) {
	if len(p) < 2 {
		return "", ""
	}
	name, hash := p[0], p[1]
	if hash == "endpoint" && len(p) > 2 {
		hash = p[2]
	}
	switch {
	case strings.HasPrefix(hash, "cluster-"), strings.HasPrefix(hash, "shardgrp-"):
		return "AWS::RDS::DBCluster", name
	case strings.HasPrefix(hash, "proxy-"):
		return "AWS::RDS::DBProxy", name
	}
	return "AWS::RDS::DBInstance", name
}

// cacheHost: [master|replica|clustercfg.]NAME.HASH.[ng.|cfg.][0001.]REGION and NAME-HASH.serverless.REGION. DAX began here, too.
func cacheHost(p []string, _ string) (typ, name string) {
	if len(p) < 2 {
		return "", ""
	}
	if len(p) > 3 && p[len(p)-2] == "dax" {
		return "AWS::DAX::Cluster", p[0]
	}
	if p[1] == "serverless" {
		return "AWS::ElastiCache::ServerlessCache", unnumbered(p[0])
	}
	switch p[0] {
	case "master", "replica", "clustercfg":
		return "AWS::ElastiCache::ReplicationGroup", p[1]
	}
	typ = "AWS::ElastiCache::ReplicationGroup"
	for i, l := range p[2:] {
		switch {
		case l == "cfg", len(l) == 4 && strings.Trim(l, "0123456789") == "" && p[i+1] != "ng":
			typ = "AWS::ElastiCache::CacheCluster"
		}
	}
	return typ, p[0]
}

// memoryHost: clustercfg.NAME.HASH or NODE.NAME.HASH.
func memoryHost(p []string, _ string) (typ, name string) {
	if len(p) < 3 {
		return "", ""
	}
	return "AWS::MemoryDB::Cluster", p[len(p)-2]
}

// streamingHost: b-N.NAME.HASH.cN, and boot-ID.cN of serverless ones.
func streamingHost(p []string, _ string) (typ, name string) {
	switch {
	case len(p) >= 4:
		return "AWS::MSK::Cluster", p[len(p)-3]
	case len(p) >= 1:
		return "AWS::MSK::ServerlessCluster", p[0]
	}
	return "", ""
}

// domainHost: [search-|vpc-]NAME-ID.
func domainHost(p []string, _ string) (typ, name string) {
	if len(p) == 0 {
		return "", ""
	}
	return "AWS::OpenSearchService::Domain", unnumbered(strings.TrimPrefix(strings.TrimPrefix(p[0], "search-"), "vpc-"))
}

// apiHost: API[-vpce-ID]/STAGE.
func apiHost(p []string, path string) (typ, name string) {
	if len(p) == 0 {
		return "", ""
	}
	api, _, _ := strings.Cut(p[0], "-vpce-")
	if stage, _, _ := strings.Cut(path, "/"); stage != "" {
		api += "/" + stage
	}
	return "AWS::ApiGateway::Stage", api
}

// s3Host: BUCKET.s3[.-]REGION, s3.REGION/BUCKET and their accelerate, website, express and access point forms. A bucket may contain
// dots.
func s3Host(service string, p []string, path string) (typ, name string) {
	if strings.HasPrefix(service, "s3-accesspoint") || strings.HasPrefix(service, "s3-object-lambda") {
		if len(p) == 0 {
			return "AWS::S3", "S3"
		}
		return "AWS::S3::AccessPoint", unnumbered(p[0])
	}
	bucket := strings.Join(p, ".")
	if bucket == "" {
		bucket, _, _ = strings.Cut(path, "/")
	}
	if bucket == "" || strings.HasPrefix(service, "s3-control") {
		return "AWS::S3", "S3"
	}
	return "AWS::S3::Bucket", bucket
}

// queueHost reads ACCOUNT/QUEUE.
func queueHost(_ []string, path string) (typ, name string) {
	if _, queue, ok := strings.Cut(path, "/"); ok {
		if queue, _, _ = strings.Cut(queue, "/"); queue != "" {
			return "AWS::SQS::Queue", queue
		}
	}
	return "AWS::SQS", "SQS"
}

// lambdaHost reads 2015-03-31/functions/NAME/invocations.
func lambdaHost(_ []string, path string) (typ, name string) {
	_, rest, ok := strings.Cut(path, "/functions/")
	if !ok {
		return "", ""
	}
	f, _, _ := strings.Cut(rest, "/")
	return "AWS::Lambda::Function", functionName(f)
}

// modelHost reads model/ID/invoke and its like; the id may be a profile's ARN.
func modelHost(_ []string, path string) (typ, name string) {
	id, ok := strings.CutPrefix(path, "model/")
	if !ok {
		return "", ""
	}
	id, _, _ = strings.Cut(id, "/")
	if plain, err := url.PathUnescape(id); err == nil {
		id = plain
	}
	return "AWS::Bedrock::Model", id[strings.LastIndexByte(id, '/')+1:]
}

// tableHost tells the streams of tables, which have an endpoint of their own.
func tableHost(p []string, _ string) (typ, name string) {
	if len(p) == 1 && p[0] == "streams" {
		return "AWS::DynamoDBStreams", "DynamoDBStreams"
	}
	return "", ""
}

// gitHost reads v1/repos/NAME.
func gitHost(_ []string, path string) (typ, name string) {
	if repository, ok := strings.CutPrefix(path, "v1/repos/"); ok {
		repository, _, _ = strings.Cut(repository, "/")
		return "AWS::CodeCommit::Repository", repository
	}
	return "AWS::CodeCommit", "CodeCommit"
}

// ecrHost reads ACCOUNT[.dkr]/REPOSITORY; without an account it is the service's own API.
func ecrHost(p []string, path string) (typ, name string) {
	if len(p) == 0 || p[0] == "api" {
		return "AWS::ECR", "ECR"
	}
	return "AWS::ECR::Repository", orElse(ecrRepository(path), p[0])
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
