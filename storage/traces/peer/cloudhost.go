package peer

import "strings"

// cloudDomains are the twins of AWS's services elsewhere, by the end of their host names; the first label is the resource's.
var cloudDomains = [...]struct{ suffix, typ string }{
	{".blob.core.windows.net", "Azure::Storage::Account"},
	{".queue.core.windows.net", "Azure::Storage::Account"},
	{".table.core.windows.net", "Azure::Storage::Account"},
	{".file.core.windows.net", "Azure::Storage::Account"},
	{".documents.azure.com", "Azure::CosmosDB::Account"},
	{".database.windows.net", "Azure::SQL::Server"},
	{".redis.cache.windows.net", "Azure::Cache::Redis"},
	{".servicebus.windows.net", "Azure::ServiceBus::Namespace"},
	{".eventgrid.azure.net", "Azure::EventGrid::Topic"},
	{".vault.azure.net", "Azure::KeyVault::Vault"},
	{".azurecr.io", "Azure::ContainerRegistry::Registry"},
	{".azurewebsites.net", "Azure::AppService::Site"},
	{".azurecontainerapps.io", "Azure::ContainerApps::App"},
	{".azure-api.net", "Azure::APIManagement::Service"},
	{".search.windows.net", "Azure::Search::Service"},
	{".openai.azure.com", "Azure::OpenAI::Account"},
	{".run.app", "GCP::CloudRun::Service"},
	{".cloudfunctions.net", "GCP::CloudFunctions::Function"},
	{".firebaseio.com", "GCP::Firebase::Database"},
}

// googleServices are those of googleapis.com that applications call, by their host's first label.
var googleServices = map[string]string{
	"storage": "GCP::Storage", "pubsub": "GCP::PubSub", "bigquery": "GCP::BigQuery", "firestore": "GCP::Firestore", "spanner": "GCP::Spanner",
	"bigtable": "GCP::Bigtable", "secretmanager": "GCP::SecretManager", "cloudtasks": "GCP::Tasks", "aiplatform": "GCP::VertexAI", "logging": "GCP::Logging",
	"monitoring": "GCP::Monitoring", "cloudkms": "GCP::KMS", "workflowexecutions": "GCP::Workflows", "sqladmin": "GCP::SQL",
}

// cloudHost recognises host names of clouds other than AWS. name is "" for any other host.
func cloudHost(host, path string) (typ, name string) {
	for _, d := range cloudDomains {
		if first, ok := strings.CutSuffix(host, d.suffix); ok && first != "" {
			first, _, _ = strings.Cut(first, ".")
			return d.typ, first
		}
	}
	rest, ok := strings.CutSuffix(host, ".googleapis.com")
	if !ok || rest == "" {
		return "", ""
	}
	service := rest[strings.LastIndexByte(rest, '.')+1:]
	if i := strings.Index(service, "-aiplatform"); i > 0 { // REGION-aiplatform
		service = "aiplatform"
	}
	if service == "storage" {
		bucket := strings.TrimSuffix(strings.TrimSuffix(rest, "storage"), ".")
		if bucket == "" {
			bucket = bucketOfPath(path)
		}
		if bucket != "" {
			return "GCP::Storage::Bucket", bucket
		}
	}
	if typ, ok = googleServices[service]; !ok {
		return "", ""
	}
	return typ, strings.TrimPrefix(typ, "GCP::")
}

// bucketOfPath reads BUCKET/OBJECT and the JSON API's [upload/]storage/v1/b/BUCKET/o.
func bucketOfPath(path string) string {
	if _, rest, ok := strings.Cut(path, "storage/v1/"); ok {
		path, ok = strings.CutPrefix(rest, "b/")
		if !ok {
			return ""
		}
	}
	bucket, _, _ := strings.Cut(path, "/")
	return bucket
}

// providers are who serves models, by gen_ai.provider.name and by the older gen_ai.system.
var providers = map[string]string{
	"openai": "AI::OpenAI", "azure.ai.openai": "AI::AzureOpenAI", "az.ai.openai": "AI::AzureOpenAI", "azure.ai.inference": "AI::AzureInference",
	"az.ai.inference": "AI::AzureInference", "anthropic": "AI::Anthropic", "aws.bedrock": "AWS::Bedrock::Model", "gcp.vertex_ai": "AI::VertexAI",
	"vertex_ai": "AI::VertexAI", "gcp.gemini": "AI::Gemini", "gemini": "AI::Gemini", "gcp.gen_ai": "AI::Gemini", "cohere": "AI::Cohere",
	"mistral_ai": "AI::Mistral", "groq": "AI::Groq", "deepseek": "AI::DeepSeek", "perplexity": "AI::Perplexity", "x_ai": "AI::xAI", "xai": "AI::xAI",
	"ibm.watsonx.ai": "AI::Watsonx",
}

// model recognises calls to models: the node is the model, or who serves it where none is named.
func model(in *Input) (typ, name string) {
	provider := in.str(AIProvider)
	if provider == "" || in.Kind != kindClient {
		return "", ""
	}
	typ, known := providers[strings.ToLower(provider)]
	if !known {
		typ = "AI::" + provider
	}
	return typ, orElse(in.str(Model), provider)
}

// lookup recognises name lookups: the node is the zone, as far as its last two labels tell, not the name: those are many.
func lookup(in *Input) (typ, name string) {
	question := strings.ToLower(strings.TrimSuffix(in.str(DNSQuestion), "."))
	if question == "" || in.Kind != kindClient {
		return "", ""
	}
	labels := strings.Split(question, ".")
	return "DNS", strings.Join(labels[max(0, len(labels)-2):], ".")
}

// meshed names what a proxy sends to by its name of the cluster: Istio's outbound|PORT|SUBSET|HOST, App Mesh's
// cds_egress_MESH_NODE_PROTOCOL_PORT, or just a name.
func meshed(cluster string) (typ, name string) {
	if parts := strings.Split(cluster, "|"); len(parts) == 4 && parts[3] != "" {
		e := endpoint{host: parts[3], port: parts[1]}
		return "remote", e.hostPort("80", "443")
	}
	if rest, ok := strings.CutPrefix(cluster, "cds_egress_"); ok {
		if parts := strings.Split(rest, "_"); len(parts) >= 4 {
			return "AWS::AppMesh::VirtualNode", parts[0] + "/" + strings.Join(parts[1:len(parts)-2], "_")
		}
	}
	return "remote", cluster
}
