package peer

import (
	"maps"
	"slices"
)

// elsewhere are the types that no table of this package has: those of the rules for host names, and of what runs a service.
var elsewhere = [...]string{
	remoteType, "service", "client", Synthetic, "DNS", "Queue", "Proxy::Envoy",
	"AWS::ECS::Fargate", "AWS::ECS::EC2",
	"AWS::S3::AccessPoint", "AWS::ECR::Repository", "AWS::CodeCommit::Repository", "AWS::EC2::VPCEndpointService",
	"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::AppMesh::VirtualNode",
	"AWS::RDS::DBInstance", "AWS::RDS::DBCluster", "AWS::RDS::DBProxy", "AWS::DSQL::Cluster", "AWS::DocDB::DBCluster", "AWS::Neptune::DBCluster",
	"AWS::Redshift::Cluster", "AWS::RedshiftServerless::Workgroup",
	"AWS::ElastiCache::ReplicationGroup", "AWS::ElastiCache::CacheCluster", "AWS::ElastiCache::ServerlessCache", "AWS::MemoryDB::Cluster",
	"AWS::DAX::Cluster", "AWS::OpenSearchService::Domain", "AWS::OpenSearchServerless::Collection",
	"AWS::MSK::Cluster", "AWS::MSK::ServerlessCluster", "AWS::AmazonMQ::Broker", "AWS::EKS::Cluster",
	"GCP::Storage::Bucket",
}

// Types are all types of nodes that the recogniser names, but those of AWS's services that no table lists (AWS::<Service>) and of systems
// that nobody has told it of (Database::<system>, Queue::<system>, AI::<provider>). In order.
func Types() []string {
	all := make(map[string]bool)
	add := func(typ string) { all[typ] = true }
	for _, typ := range elsewhere {
		add(typ)
	}
	for _, s := range databases {
		add(s.typ)
	}
	for _, s := range brokers {
		add(s.typ)
	}
	for _, typ := range providers {
		add(typ)
	}
	for _, typ := range platforms {
		add(typ)
	}
	for _, typ := range origins {
		add(typ)
	}
	for _, r := range awsResources {
		add(r.typ)
	}
	for _, service := range awsServices {
		add("AWS::" + service)
	}
	for _, d := range awsDomains {
		add(d.typ)
	}
	for _, d := range cloudDomains {
		add(d.typ)
	}
	for _, typ := range googleServices {
		add(typ)
	}
	return slices.Sorted(maps.Keys(all))
}
