// What a node of the map is, told from its type: the glyph to draw, a short badge, and words for a reader.
export const GLYPHS = [
  'client', 'service', 'function', 'database', 'cache', 'queue', 'topic', 'bucket', 'table', 'search', 'gateway', 'balancer',
  'workflow', 'model', 'dns', 'registry', 'secret', 'external', 'group',
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
  [/^client(::synthetic)?$/, 'client', '', 'client'],
  [/^aws::lambda/, 'function', 'λ', 'Lambda function'],
  [/dynamodb/, 'table', 'DDB', 'DynamoDB table'],
  [/aws::sqs/, 'queue', 'SQS', 'SQS queue'],
  [/aws::sns/, 'topic', 'SNS', 'SNS topic'],
  [/aws::s3|minio/, 'bucket', 'S3', 'S3 bucket'],
  [/kinesis/, 'topic', 'KIN', 'Kinesis stream'],
  [/elasticache|memorydb/, 'cache', 'EC', 'ElastiCache cluster'],
  [/aws::rds::dbcluster|aurora/, 'database', 'AUR', 'Aurora cluster'],
  [/aws::rds|rdsdata/, 'database', 'RDS', 'RDS database'],
  [/apigateway|appsync/, 'gateway', 'API', 'API gateway'],
  [/loadbalancer|::alb|::nlb/, 'balancer', 'LB', 'load balancer'],
  [/appmesh|envoy|proxy|serviceconnect/, 'gateway', 'PXY', 'proxy'],
  [/route53|dns/, 'dns', 'DNS', 'DNS'],
  [/servicediscovery|cloudmap/, 'dns', 'CM', 'service discovery'],
  [/aws::ecr/, 'registry', 'ECR', 'container registry'],
  [/codepipeline|codebuild|codedeploy|codecommit/, 'workflow', 'CI', 'build pipeline'],
  [/stepfunctions|workflow/, 'workflow', 'SFN', 'workflow'],
  [/secretsmanager|aws::ssm|simplesystems/, 'secret', 'SEC', 'secret store'],
  [/bedrock|gen_?ai|openai|llm/, 'model', 'AI', 'AI model'],
  [/aws::(ecs|eks|ec2|elasticbeanstalk|apprunner)/, 'service', '', 'service'],
  [/postgres/, 'database', 'PG', 'PostgreSQL database'],
  [/mariadb/, 'database', 'MA', 'MariaDB database'],
  [/mysql/, 'database', 'MY', 'MySQL database'],
  [/mongo/, 'database', 'MG', 'MongoDB database'],
  [/oracle/, 'database', 'ORA', 'Oracle database'],
  [/sql_?server|mssql/, 'database', 'MS', 'SQL Server database'],
  [/cassandra|scylla/, 'database', 'CS', 'Cassandra database'],
  [/clickhouse/, 'database', 'CH', 'ClickHouse database'],
  [/valkey/, 'cache', 'VK', 'Valkey cache'],
  [/redis/, 'cache', 'RD', 'Redis cache'],
  [/memcache/, 'cache', 'MC', 'Memcached cache'],
  [/elasticsearch|opensearch|solr/, 'search', 'ES', 'search index'],
  [/kafka/, 'topic', 'KFK', 'Kafka topic'],
  [/rabbit/, 'queue', 'RMQ', 'RabbitMQ queue'],
  [/nats/, 'topic', 'NATS', 'NATS subject'],
  [/pulsar/, 'topic', 'PUL', 'Pulsar topic'],
  [/pubsub/, 'topic', 'PS', 'Pub/Sub topic'],
  [/cache/, 'cache', '', 'cache'],
  [/^database/, 'database', 'DB', 'database'],
  [/queue/, 'queue', 'Q', 'queue'],
  [/topic|stream|messaging/, 'topic', 'MSG', 'topic'],
  [/function|faas/, 'function', 'λ', 'function'],
  [/^(service|)$/, 'service', '', 'service'],
  [/remote|http|grpc|external/, 'external', '', 'external host'],
  [/^aws::/, 'external', 'AWS', 'AWS service'],
]

/** Tells a node's kind from its type; `inferred` decides for types that nothing here knows. */
export function kindOf(type: string, inferred = false): Kind {
  const lower = type.toLowerCase()
  for (const [pattern, glyph, badge, words] of RULES) {
    if (pattern.test(lower)) return { glyph, badge: lower === 'database::sql' ? 'SQL' : badge, words }
  }
  return inferred ? { glyph: 'external', badge: '', words: type } : { glyph: 'service', badge: '', words: 'service' }
}
