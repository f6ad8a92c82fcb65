package peer

import "strings"

// system is what a database or a broker is called on the map, and the port that goes without saying.
type system struct {
	typ, port string
}

// databases, by db.system.name and by the older db.system.
var databases = map[string]system{
	"postgresql":           {"Database::PostgreSQL", "5432"},
	"mysql":                {"Database::MySQL", "3306"},
	"mariadb":              {"Database::MariaDB", "3306"},
	"mssql":                {"Database::SQLServer", "1433"},
	"microsoft.sql_server": {"Database::SQLServer", "1433"},
	"oracle":               {"Database::Oracle", "1521"},
	"oracle.db":            {"Database::Oracle", "1521"},
	"db2":                  {"Database::DB2", "50000"},
	"ibm.db2":              {"Database::DB2", "50000"},
	"ibm.informix":         {"Database::Informix", ""},
	"sqlite":               {"Database::SQLite", ""},
	"h2":                   {"Database::H2", ""},
	"h2database":           {"Database::H2", ""},
	"hsqldb":               {"Database::HSQLDB", ""},
	"derby":                {"Database::Derby", ""},
	"mongodb":              {"Database::MongoDB", "27017"},
	"cassandra":            {"Database::Cassandra", "9042"},
	"cockroachdb":          {"Database::CockroachDB", "26257"},
	"clickhouse":           {"Database::ClickHouse", "9000"},
	"couchbase":            {"Database::Couchbase", ""},
	"couchdb":              {"Database::CouchDB", "5984"},
	"elasticsearch":        {"Database::Elasticsearch", "9200"},
	"opensearch":           {"Database::OpenSearch", "9200"},
	"aws.opensearch":       {"Database::OpenSearch", "9200"},
	"neo4j":                {"Database::Neo4j", "7687"},
	"influxdb":             {"Database::InfluxDB", "8086"},
	"hbase":                {"Database::HBase", ""},
	"hive":                 {"Database::Hive", ""},
	"geode":                {"Database::Geode", ""},
	"firebirdsql":          {"Database::Firebird", ""},
	"trino":                {"Database::Trino", ""},
	"teradata":             {"Database::Teradata", ""},
	"snowflake":            {"Database::Snowflake", ""},
	"redshift":             {"Database::Redshift", "5439"},
	"aws.redshift":         {"Database::Redshift", "5439"},
	"spanner":              {"Database::Spanner", ""},
	"gcp.spanner":          {"Database::Spanner", ""},
	"cosmosdb":             {"Database::CosmosDB", "443"},
	"azure.cosmosdb":       {"Database::CosmosDB", "443"},
	"sap.hana":             {"Database::HANA", ""},
	"hanadb":               {"Database::HANA", ""},
	"scylladb":             {"Database::ScyllaDB", "9042"},
	"tidb":                 {"Database::TiDB", "4000"},
	"yugabytedb":           {"Database::YugabyteDB", "5433"},
	"other_sql":            {"Database::SQL", ""},
	"sql":                  {"Database::SQL", ""},
	"redis":                {"Cache::Redis", "6379"},
	"valkey":               {"Cache::Valkey", "6379"},
	"memcached":            {"Cache::Memcached", "11211"},
	"hazelcast":            {"Cache::Hazelcast", ""},
	"aws.dynamodb":         {"AWS::DynamoDB", "443"},
	"dynamodb":             {"AWS::DynamoDB", "443"},
	"aws.documentdb":       {"Database::DocumentDB", "27017"},
	"actian.ingres":        {"Database::Ingres", ""},
	"softwareag.adabas":    {"Database::Adabas", ""},
	"intersystems_cache":   {"Database::Caché", ""},
	"intersystems.iris":    {"Database::IRIS", ""},
	"gcp.firestore":        {"Database::Firestore", ""},
	"gcp.bigtable":         {"Database::Bigtable", ""},
	"gcp.bigquery":         {"Database::BigQuery", ""},
	"google.bigquery":      {"Database::BigQuery", ""},
	"databricks":           {"Database::Databricks", ""},
	"milvus":               {"Database::Milvus", ""},
	"qdrant":               {"Database::Qdrant", ""},
	"pinecone":             {"Database::Pinecone", ""},
	"weaviate":             {"Database::Weaviate", ""},
	"duckdb":               {"Database::DuckDB", ""},
	"greenplum":            {"Database::Greenplum", "5432"},
	"vertica":              {"Database::Vertica", ""},
	"singlestore":          {"Database::SingleStore", "3306"},
	"microsoft.sql_ce":     {"Database::SQLServerCE", ""},
	"mssqlcompact":         {"Database::SQLServerCE", ""},
	"cloudscape":           {"Database::Cloudscape", ""},
	"pervasive":            {"Database::Pervasive", ""},
	"pointbase":            {"Database::PointBase", ""},
	"progress":             {"Database::Progress", ""},
	"ravendb":              {"Database::RavenDB", ""},
	"rethinkdb":            {"Database::RethinkDB", ""},
	"riak":                 {"Database::Riak", ""},
	"surrealdb":            {"Database::SurrealDB", ""},
	"typesense":            {"Database::Typesense", ""},
	"meilisearch":          {"Database::Meilisearch", ""},
	"solr":                 {"Database::Solr", ""},
	"etcd":                 {"Database::etcd", "2379"},
	"consul":               {"Database::Consul", "8500"},
	"zookeeper":            {"Database::ZooKeeper", "2181"},
}

// database recognises database clients. A managed database is its instance or cluster, as its host name says; any other one is
// namespace@host, X-Ray's spelling, so that two databases of a server are two nodes. Caches have no namespace worth a node.
func database(in *Input) (typ, name string) {
	system := in.str(DBSystem)
	if system == "" {
		return "", ""
	}
	kind, known := databases[strings.ToLower(system)]
	if !known {
		kind.typ = "Database::" + system
	}
	if kind.typ == "AWS::DynamoDB" {
		if table := in.str(DBCollection); table != "" {
			return "AWS::DynamoDB::Table", table
		}
		return kind.typ, "DynamoDB"
	}
	e := endpointOf(in)
	if typ, name = awsHost(e.host, ""); name != "" {
		return typ, name
	}
	host := e.hostPort(kind.port)
	namespace := in.text(DBNamespace)
	if namespace == "" {
		namespace = in.text(DBName)
	}
	if strings.HasPrefix(kind.typ, "Cache::") {
		namespace = ""
	}
	switch {
	case namespace != "" && host != "":
		return kind.typ, namespace + "@" + host
	case host != "":
		return kind.typ, host
	case in.str(PeerService) != "":
		return kind.typ, in.str(PeerService)
	case namespace != "":
		return kind.typ, namespace
	}
	return kind.typ, system
}
