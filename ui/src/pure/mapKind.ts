// What a node of the map is, told from its type: the glyph to draw, a short badge, and words for a reader.
export const GLYPHS = [
  'client', 'service', 'function', 'database', 'cache', 'queue', 'topic', 'bucket', 'table', 'search', 'gateway', 'balancer',
  'workflow', 'model', 'dns', 'registry', 'secret', 'monitor', 'mail', 'cloud', 'external', 'group',
] as const
export type Glyph = (typeof GLYPHS)[number]

export interface Kind {
  readonly glyph: Glyph
  /** up to four characters for the corner of the node; empty when the glyph says it all */
  readonly badge: string
  /** "PostgreSQL database", "SQS queue": for accessible names and panels */
  readonly words: string
}

type Rule = readonly [pattern: RegExp, glyph: Glyph, badge: string, words: string]

// The first rule that matches wins; types are compared without case, as X-Ray's own spelling varies.
const RULES: readonly Rule[] = [
  [/^client$/, 'client', '', 'client'],
  [/^client::synthetic$/, 'client', 'TEST', 'synthetic test'],
  [/^(service|)$/, 'service', '', 'service'],
  [/^remote$/, 'external', '', 'external host'],
  [/^dns$/, 'dns', 'DNS', 'DNS zone'],
  [/^aws::lambda/, 'function', 'λ', 'Lambda function'],
  [/::cloudfunctions|::functions::|::functioncompute|::scf::/, 'function', 'λ', 'function'],
  [/dynamodb/, 'table', 'DDB', 'DynamoDB table'],
  [/aws::sqs/, 'queue', 'SQS', 'SQS queue'],
  [/aws::sns/, 'topic', 'SNS', 'SNS topic'],
  [/aws::s3|minio/, 'bucket', 'S3', 'S3 bucket'],
  [/gcp::storage/, 'bucket', 'GCS', 'Cloud Storage bucket'],
  [/azure::storage/, 'bucket', 'AZ', 'Azure storage account'],
  [/kinesis|firehose/, 'topic', 'KIN', 'Kinesis stream'],
  [/eventbridge|eventbus|aws::(scheduler|pipes)/, 'topic', 'EVB', 'event bus'],
  [/eventgrid/, 'topic', 'EVG', 'event topic'],
  [/aws::msk/, 'topic', 'MSK', 'MSK cluster'],
  [/amazonmq/, 'queue', 'MQ', 'Amazon MQ broker'],
  [/memorydb/, 'cache', 'MDB', 'MemoryDB cluster'],
  [/elasticache/, 'cache', 'EC', 'ElastiCache cluster'],
  [/::dax/, 'cache', 'DAX', 'DAX cluster'],
  [/rds::dbcluster|aurora|dsql/, 'database', 'AUR', 'Aurora cluster'],
  [/aws::rds|rdsdata/, 'database', 'RDS', 'RDS database'],
  [/docdb|documentdb/, 'database', 'DOC', 'DocumentDB cluster'],
  [/neptune|neo4j/, 'database', 'GR', 'graph database'],
  [/redshift/, 'database', 'RS', 'Redshift warehouse'],
  [/timestream|influx/, 'database', 'TS', 'time series database'],
  [/athena|aws::glue|bigquery|snowflake|databricks|trino|greenplum|::hive/, 'database', 'DW', 'data warehouse'],
  [/apigateway|appsync|apimanagement/, 'gateway', 'API', 'API gateway'],
  [/cloudfront|globalaccelerator/, 'gateway', 'CDN', 'edge network'],
  [/vpcendpoint/, 'gateway', 'VPC', 'VPC endpoint service'],
  [/loadbalanc|::alb|::nlb|haproxy/, 'balancer', 'LB', 'load balancer'],
  [/appmesh|envoy|proxy|serviceconnect/, 'gateway', 'PXY', 'proxy'],
  [/route53|dns/, 'dns', 'DNS', 'DNS'],
  [/servicediscovery|cloudmap|consul|etcd|zookeeper/, 'dns', 'CM', 'service discovery'],
  [/aws::ecr|containerregistry/, 'registry', 'ECR', 'container registry'],
  [/code(pipeline|build|deploy|commit|artifact|connections)|cloudformation/, 'workflow', 'CI', 'build pipeline'],
  [/stepfunctions|workflow|temporal|cloudtasks|gcp::tasks/, 'workflow', 'SFN', 'workflow'],
  [/secret|aws::ssm|simplesystems|keyvault|::kms|appconfig/, 'secret', 'SEC', 'secret store'],
  [/cognito|aws::(iam|sts)/, 'secret', 'ID', 'identity service'],
  [/bedrock|gen_?ai|openai|\bllm|^ai::|vertexai|sagemaker|comprehend|rekognition|textract|translate/, 'model', 'AI', 'AI model'],
  [/cloudwatch|aws::(logs|xray|cloudtrail|applicationsignals|synthetics)|gcp::(logging|monitoring)/, 'monitor', 'MON', 'monitoring'],
  [/aws::ses/, 'mail', 'SES', 'mail service'],
  [/aws::(ecs|eks|ec2|elasticbeanstalk|apprunner|openshift)|cloudrun|appservice|containerapps/, 'service', '', 'service'],
  [/postgres/, 'database', 'PG', 'PostgreSQL database'],
  [/mariadb/, 'database', 'MA', 'MariaDB database'],
  [/mysql/, 'database', 'MY', 'MySQL database'],
  [/mongo/, 'database', 'MG', 'MongoDB database'],
  [/oracle/, 'database', 'ORA', 'Oracle database'],
  [/sql_?server|mssql|azure::sql/, 'database', 'MS', 'SQL Server database'],
  [/cassandra|scylla/, 'database', 'CS', 'Cassandra database'],
  [/clickhouse/, 'database', 'CH', 'ClickHouse database'],
  [/cosmosdb/, 'database', 'CDB', 'Cosmos DB account'],
  [/spanner|gcp::sql|firestore|firebase|bigtable/, 'database', 'GCP', 'Google Cloud database'],
  [/sqlite|::h2|hsqldb|derby|duckdb/, 'database', 'EMB', 'embedded database'],
  [/valkey/, 'cache', 'VK', 'Valkey cache'],
  [/queue::redis/, 'queue', 'RD', 'Redis stream'],
  [/redis/, 'cache', 'RD', 'Redis cache'],
  [/memcache/, 'cache', 'MC', 'Memcached cache'],
  [/elasticsearch|opensearch|solr|typesense|meilisearch|azure::search/, 'search', 'ES', 'search index'],
  [/milvus|qdrant|pinecone|weaviate/, 'search', 'VEC', 'vector index'],
  [/kafka|eventhubs/, 'topic', 'KFK', 'Kafka topic'],
  [/rabbit/, 'queue', 'RMQ', 'RabbitMQ queue'],
  [/nats/, 'topic', 'NATS', 'NATS subject'],
  [/pulsar/, 'topic', 'PUL', 'Pulsar topic'],
  [/pubsub/, 'topic', 'PS', 'Pub/Sub topic'],
  [/mqtt|aws::iot/, 'topic', 'MQTT', 'MQTT topic'],
  [/servicebus/, 'queue', 'BUS', 'Service Bus queue'],
  [/cache/, 'cache', '', 'cache'],
  [/^database/, 'database', 'DB', 'database'],
  [/queue/, 'queue', 'Q', 'queue'],
  [/topic|stream|messaging/, 'topic', 'MSG', 'topic'],
  [/function|faas/, 'function', 'λ', 'function'],
  [/remote|http|grpc|external/, 'external', '', 'external host'],
  [/^aws::/, 'cloud', 'AWS', 'AWS service'],
  [/^azure::/, 'cloud', 'AZ', 'Azure service'],
  [/^gcp::/, 'cloud', 'GCP', 'Google Cloud service'],
]

/** Tells a node's kind from its type; `inferred` decides for types that nothing here knows. */
export function kindOf(type: string, inferred = false): Kind {
  const lower = type.toLowerCase()
  for (const [pattern, glyph, badge, words] of RULES) {
    if (pattern.test(lower)) return { glyph, badge: lower === 'database::sql' ? 'SQL' : badge, words }
  }
  return inferred ? { glyph: 'external', badge: '', words: type } : { glyph: 'service', badge: '', words: 'service' }
}
