package peer

import "strings"

// Synthetic is the type of a client that is a test and no person: a canary of CloudWatch Synthetics, as X-Ray draws it, or another
// monitor. A SERVER span says who called it by what the request says of itself.
const Synthetic = "Client::Synthetic"

// canary is what CloudWatch Synthetics adds to the User-Agent of all that its canaries ask for; the canary's ARN follows.
const canary = "CloudWatchSynthetics"

// caller names the test that a SERVER span was called by; nothing where no test is known to have done so. Search engines and other bots
// (user_agent.synthetic.type = bot) are clients like any other.
func caller(in *Input) (typ, name string) {
	if in.set&callerMask == 0 {
		return "", ""
	}
	agent := in.str(UserAgent)
	if i := strings.Index(agent, canary); i >= 0 {
		agent, _, _ = strings.Cut(agent[i:], " ")
		if _, name, ok := strings.Cut(agent, ":canary:"); ok {
			if end := strings.IndexAny(name, ":;,/()\"'"); end >= 0 {
				name = name[:end]
			}
			if name != "" {
				return Synthetic, name
			}
		}
		return Synthetic, canary
	}
	if in.str(SyntheticType) != "test" {
		return "", ""
	}
	product, _, _ := strings.Cut(agent, "/") // "Monitor/1.2 (+https://...)"
	if product == "Mozilla" {
		product = "" // every browser's, and that of tests that run in one
	}
	return Synthetic, orElse(in.str(UserAgentName), orElse(strings.TrimSpace(product), "test"))
}

// canaryFunction says whether a Lambda function is one that CloudWatch Synthetics made to run a canary.
func canaryFunction(get func(key string) string) bool {
	return strings.HasPrefix(get("faas.name"), "cwsyn-") || strings.HasPrefix(get("service.name"), "cwsyn-")
}
