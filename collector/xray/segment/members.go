package segment

import (
	"net"
	"net/url"
	"strings"
)

const httpStatus = "http.response.status_code"

// putHTTP puts the http block under OpenTelemetry's stable names: those are what the tables have columns for.
func putHTTP(o object, a *attrs) {
	request, response := o.object("request"), o.object("response")
	a.members("aws.xray.http.request.", request, map[string]string{
		"method": "http.request.method", "url": "url.full", "user_agent": "user_agent.original", "client_ip": "client.address",
		"x_forwarded_for": "aws.xray.x_forwarded_for", "traced": "aws.xray.traced",
	})
	if status, ok := response.get("status").integer(); ok {
		a.put(httpStatus, intValue(status))
	} else {
		a.member("aws.xray.http.response.status", response.get("status"))
	}
	if length, ok := response.get("content_length").integer(); ok { // a string in some SDKs
		a.put("http.response.body.size", intValue(length))
	} else {
		a.member("http.response.body.size", response.get("content_length"))
	}
	a.members("aws.xray.http.response.", response, map[string]string{"status": "", "content_length": ""})
}

// spanAWS are the aws block's members of a call, by their names as spans have them. Others are aws.<name>.
var spanAWS = map[string]string{
	"retries": "aws.retries", "table_names": "aws.dynamodb.table_names", "topic_arn": "aws.sns.topic.arn", "function_name": "aws.lambda.function.name",
	"bucket_name": "aws.s3.bucket", "key": "aws.s3.key", "id_2": "aws.s3.id_2", "stream_name": "aws.kinesis.stream_name", "function_arn": "aws.lambda.invoked_arn",
}

// resourceBlocks are what a document's aws block says of the place that it ran in: the resource has them.
var resourceBlocks = map[string]bool{"ec2": true, "ecs": true, "eks": true, "elastic_beanstalk": true, "cloudwatch_logs": true, "xray": true}

// putAWS puts what the aws block says of the request; of a document's own, the resource has the rest.
func putAWS(o object, top, independent bool, a *attrs) {
	for i, m := range o {
		if o.repeated(i) || top && (resourceBlocks[m.key] || m.key == "account_id" && !independent) {
			continue
		}
		if block, ok := objectOf(m.val); ok {
			a.members("aws."+m.key+".", block, nil)
			continue
		}
		key := spanAWS[m.key]
		if key == "" {
			key = "aws." + m.key
		}
		a.member(key, m.val)
	}
	if rule := o.object("xray").get("sampling_rule_name"); top && !rule.null() {
		a.member("aws.xray.sampling_rule_name", rule)
	}
	if names, _ := o.get("table_names").list(); len(names) == 1 && o.get("table_name").null() {
		a.member("aws.table_name", names[0]) // the one that the map shows
	}
}

// sqlSystems are database_type in OpenTelemetry's words, where lower case does not make it so.
var sqlSystems = map[string]string{
	"microsoft sql server": "microsoft.sql_server", "sql server": "microsoft.sql_server", "mssql": "microsoft.sql_server", "oracle": "oracle.db", "postgres": "postgresql",
}

func putSQL(parent object, a *attrs) {
	if parent.get("sql").null() {
		return
	}
	o := parent.object("sql")
	sent := o.text("database_type")
	system := strings.ToLower(sent)
	if other, ok := sqlSystems[system]; ok {
		system = other
	}
	if system == "" {
		system = "other_sql"
	}
	a.putString("db.system.name", system)
	renamed := map[string]string{"sanitized_query": "db.query.text", "user": "db.user", "url": "db.connection_string", "connection_string": "db.connection_string"}
	if system == sent {
		renamed["database_type"] = ""
	}
	if o.text("connection_string") != "" {
		renamed["url"] = "aws.xray.sql.url"
	}
	a.members("aws.xray.sql.", o, renamed)
	where := o.text("url")
	if where == "" {
		where = o.text("connection_string")
	}
	host, port, database := splitDSN(where)
	if host == "" { // subsegments are called database@host
		if name, at, ok := strings.Cut(parent.text("name"), "@"); ok {
			database, host = name, at
		}
	}
	if database != "" {
		a.putString("db.namespace", database)
	}
	if host != "" {
		a.putString("server.address", host)
	}
	if port, ok := value(port).integer(); ok {
		a.put("server.port", intValue(port))
	}
}

// splitDSN reads [jdbc:]scheme://[user@]host[:port]/database; what is written otherwise says nothing.
func splitDSN(dsn string) (host, port, database string) {
	u, err := url.Parse(strings.TrimPrefix(dsn, "jdbc:"))
	if err != nil || u.Host == "" {
		return "", "", ""
	}
	host, port = u.Host, ""
	if h, p, err := net.SplitHostPort(u.Host); err == nil {
		host, port = h, p
	}
	database, _, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), ";")
	return strings.Trim(host, "[]"), port, database
}
