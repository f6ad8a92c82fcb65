package segment

import (
	"strings"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
)

// platforms are origins as cloud.platform has them.
var platforms = map[string]struct{ platform, launch string }{
	"aws::ec2::instance":                 {"aws_ec2", ""},
	"aws::ecs::container":                {"aws_ecs", ""},
	"aws::ecs::ec2":                      {"aws_ecs", "ec2"},
	"aws::ecs::fargate":                  {"aws_ecs", "fargate"},
	"aws::eks::container":                {"aws_eks", ""},
	"aws::elasticbeanstalk::environment": {"aws_elastic_beanstalk", ""},
	"aws::lambda":                        {"aws_lambda", ""},
	"aws::lambda::function":              {"aws_lambda", ""},
	"aws::apprunner::service":            {"aws_app_runner", ""},
}

// blockNames are the members of the aws block's blocks in OpenTelemetry's words.
var blockNames = map[string]map[string]string{
	"ec2": {"availability_zone": "cloud.availability_zone", "instance_id": "host.id", "instance_size": "host.type", "ami_id": "host.image.id"},
	"ecs": {"container": "container.name", "container_id": "container.id", "container_arn": "aws.ecs.container.arn", "task_arn": "aws.ecs.task.arn",
		"task_family": "aws.ecs.task.family", "cluster_arn": "aws.ecs.cluster.arn", "availability_zone": "cloud.availability_zone", "launch_type": "aws.ecs.launchtype"},
	"eks":               {"container_id": "container.id", "cluster_name": "k8s.cluster.name", "pod": "k8s.pod.name"},
	"elastic_beanstalk": {"environment_name": "service.namespace", "version_label": "service.version", "deployment_id": "service.instance.id"},
	"xray":              {"sdk": "telemetry.sdk.name", "sdk_version": "telemetry.sdk.version", "sampling_rule_name": ""},
}

// resourceOf is where a segment ran. It has nothing of the one request: resources are kept once.
func resourceOf(o object, independent bool) *resourcepb.Resource {
	var a attrs
	aws := o.object("aws")
	if !independent {
		a.putString("service.name", o.text("name"))
		a.members("aws.xray.service.", o.object("service"), map[string]string{
			"version": "service.version", "runtime": "process.runtime.name", "runtime_version": "process.runtime.version",
		})
		a.member("cloud.account.id", aws.get("account_id"))
	}
	for i, m := range aws {
		if block, ok := objectOf(m.val); ok && resourceBlocks[m.key] && !aws.repeated(i) {
			putBlock(m.key, block, &a)
		}
	}
	logGroups(aws.get("cloudwatch_logs"), &a)
	if _, language, ok := strings.Cut(aws.object("xray").text("sdk"), "for "); ok { // "X-Ray for Go"
		a.putString("telemetry.sdk.language", language)
	}
	origin := o.text("origin")
	if origin != "" {
		a.putString("aws.xray.origin", origin)
	}
	if p, ok := platforms[strings.ToLower(origin)]; ok {
		a.set("cloud.platform", stringValue(p.platform))
		if p.launch != "" {
			a.set("aws.ecs.launchtype", stringValue(p.launch))
		}
	}
	if strings.HasPrefix(origin, "AWS::") || len(aws) > 0 && !independent {
		a.putString("cloud.provider", "aws")
	}
	a.member("aws.xray.resource_arn", o.get("resource_arn"))
	return &resourcepb.Resource{Attributes: a.list}
}

// putBlock puts a block. A key that two blocks have, as the zone of ec2 and ecs, keeps both values if they differ.
func putBlock(name string, block object, a *attrs) {
	for i, m := range block {
		if block.repeated(i) {
			continue
		}
		key, ok := blockNames[name][m.key]
		if ok && key == "" {
			continue
		}
		own := "aws." + name + "." + m.key
		if !ok {
			key = own
		}
		v := anyValue(m.val)
		switch key {
		case "service.instance.id": // a number in the document
			v = textOf(m.val)
		case "aws.ecs.launchtype":
			if s, ok := m.val.str(); ok {
				v = stringValue(strings.ToLower(s))
			}
		}
		switch there := a.get(key); {
		case there == nil:
			a.put(key, v)
		case there.GetStringValue() != v.GetStringValue():
			a.put(own, v)
		}
	}
}

// textOf is a scalar as a string.
func textOf(v value) *commonpb.AnyValue {
	if s, ok := v.str(); ok {
		return stringValue(s)
	}
	if v.null() {
		return nil
	}
	return stringValue(v.compact())
}

func logGroups(v value, a *attrs) {
	all, _ := v.list()
	var names, arns []string
	for _, e := range all {
		o, _ := objectOf(e)
		if s := o.text("log_group"); s != "" {
			names = append(names, s)
		}
		if s := o.text("arn"); s != "" {
			arns = append(arns, s)
		}
	}
	if len(names) > 0 {
		a.put("aws.log.group.names", stringsValue(names))
	}
	if len(arns) > 0 {
		a.put("aws.log.group.arns", stringsValue(arns))
	}
}
