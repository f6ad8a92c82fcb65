package peer

import "strings"

// ServiceType is a service's node type on the map, from its resource: X-Ray's origin where the platform is AWS's, else
// "service". get returns a resource attribute's string, "" where it is absent or of another type.
func ServiceType(get func(key string) string) string {
	switch get("cloud.platform") {
	case "aws_lambda":
		return "AWS::Lambda::Function"
	case "aws_ecs":
		switch strings.ToLower(get("aws.ecs.launchtype")) {
		case "fargate":
			return "AWS::ECS::Fargate"
		case "ec2":
			return "AWS::ECS::EC2"
		}
		return "AWS::ECS::Container"
	case "aws_eks":
		return "AWS::EKS::Container"
	case "aws_ec2":
		return "AWS::EC2::Instance"
	case "aws_elastic_beanstalk":
		return "AWS::ElasticBeanstalk::Environment"
	case "aws_app_runner":
		return "AWS::AppRunner::Service"
	case "":
		if get("aws.ecs.task.arn") != "" || get("aws.ecs.container.arn") != "" {
			return "AWS::ECS::Container"
		}
		if get("faas.name") != "" && (get("cloud.provider") == "aws" || strings.HasPrefix(get("cloud.resource_id"), "arn:aws")) {
			return "AWS::Lambda::Function"
		}
	}
	return "service"
}
