package peer

import "strings"

// platforms are the types of services by where they run, as cloud.platform says it: X-Ray's origins, and functions elsewhere. A
// container or a machine outside of AWS is just where a service runs: its type is "service".
var platforms = map[string]string{
	"aws_lambda":            "AWS::Lambda::Function",
	"aws_ecs":               "AWS::ECS::Container",
	"aws_eks":               "AWS::EKS::Container",
	"aws_ec2":               "AWS::EC2::Instance",
	"aws_elastic_beanstalk": "AWS::ElasticBeanstalk::Environment",
	"aws_app_runner":        "AWS::AppRunner::Service",
	"aws_openshift":         "AWS::OpenShift::Container",
	"gcp_cloud_functions":   "GCP::CloudFunctions::Function",
	"gcp.cloud_functions":   "GCP::CloudFunctions::Function",
	"azure_functions":       "Azure::Functions::Function",
	"azure.functions":       "Azure::Functions::Function",
	"alibaba_cloud_fc":      "Alibaba::FunctionCompute::Function",
	"tencent_cloud_scf":     "Tencent::SCF::Function",
}

// origins are X-Ray's spellings of one type.
var origins = map[string]string{
	"aws::apigateway::stage":           "AWS::ApiGateway::Stage",
	"aws::apigatewayv2::stage":         "AWS::ApiGatewayV2::Stage",
	"aws::appsync::graphqlapi":         "AWS::AppSync::GraphQLAPI",
	"aws::appmesh::proxy":              "AWS::AppMesh::Proxy",
	"aws::stepfunctions::statemachine": "AWS::StepFunctions::StateMachine",
	"aws::lambda":                      "AWS::Lambda::Function", // its own segment and its function's are one node
}

// ServiceType is a service's node type on the map, from its resource: X-Ray's origin where the platform is AWS's, else
// "service". get returns a resource attribute's string, "" where it is absent or of another type.
func ServiceType(get func(key string) string) string {
	typ := platformType(get)
	if typ == "AWS::Lambda::Function" && canaryFunction(get) {
		return Synthetic
	}
	return typ
}

func platformType(get func(key string) string) string {
	if origin := get("aws.xray.origin"); strings.EqualFold(origin, Synthetic) {
		return Synthetic
	} else if strings.HasPrefix(origin, "AWS::") && len(origin) <= maxName {
		if typ, ok := origins[strings.ToLower(origin)]; ok {
			return typ
		}
		return origin
	}
	platform := get("cloud.platform")
	if typ, ok := platforms[platform]; ok {
		if platform == "aws_ecs" {
			switch strings.ToLower(get("aws.ecs.launchtype")) {
			case "fargate":
				return "AWS::ECS::Fargate"
			case "ec2":
				return "AWS::ECS::EC2"
			}
		}
		return typ
	}
	switch {
	case get("telemetry.sdk.name") == "envoy":
		return "Proxy::Envoy"
	case platform != "":
		return "service"
	case get("aws.ecs.task.arn") != "" || get("aws.ecs.container.arn") != "":
		return "AWS::ECS::Container"
	case get("faas.name") != "" && (get("cloud.provider") == "aws" || strings.HasPrefix(get("cloud.resource_id"), "arn:aws")):
		return "AWS::Lambda::Function"
	}
	return "service"
}
