package xray

import (
	"net/http"
	"time"

	"github.com/sightline/sightline/collector/admission"
)

const (
	defaultRule = "Default"
	// reservoir is how many requests a second each client samples before the rate applies.
	reservoir   = 1
	interval    = 10              // seconds between a client's questions
	quotaLasts  = 5 * time.Minute // as AWS has it
	maxSampling = 1 << 20         // bytes of a request for rules or targets
)

// rule is the one rule that there is. Times are epoch seconds.
type rule struct {
	RuleName, RuleARN, ServiceName, ServiceType, Host, HTTPMethod, URLPath, ResourceARN string
	Priority, ReservoirSize, Version                                                    int
	FixedRate                                                                           float64
	Attributes                                                                          map[string]string
}

type ruleRecord struct {
	SamplingRule          rule
	CreatedAt, ModifiedAt float64
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// getSamplingRules tells an SDK what to sample: everything that it sends is welcome, so the rate is 1 unless the configuration has
// another.
func (a *api) getSamplingRules(*http.Request) (any, error) {
	since := seconds(a.started)
	return struct{ SamplingRuleRecords []ruleRecord }{[]ruleRecord{{
		SamplingRule: rule{
			RuleName: defaultRule, RuleARN: "arn:aws:xray:local:000000000000:sampling-rule/Default", ServiceName: "*", ServiceType: "*", Host: "*", HTTPMethod: "*", URLPath: "*",
			ResourceARN: "*", Priority: 10000, ReservoirSize: reservoir, Version: 1, FixedRate: a.cfg.SamplingRate, Attributes: map[string]string{},
		},
		CreatedAt: since, ModifiedAt: since,
	}}}, nil
}

type target struct {
	RuleName          string
	FixedRate         float64
	ReservoirQuota    int
	ReservoirQuotaTTL float64
	Interval          int
}

type unknownRule struct{ RuleName, ErrorCode, Message string }

// getSamplingTargets gives every client its quota: the reservoir is each client's own.
func (a *api) getSamplingTargets(r *http.Request) (any, error) {
	var request struct{ SamplingStatisticsDocuments []struct{ RuleName string } }
	body := admission.NewBody(a.taker.in.Gate)
	defer body.Release()
	if r.ContentLength > maxSampling {
		return nil, admission.TooLarge(maxSampling)
	}
	if err := a.read(r, body, &request); err != nil {
		return nil, err
	}
	answer := struct {
		SamplingTargetDocuments []target
		LastRuleModification    float64
		UnprocessedStatistics   []unknownRule
	}{[]target{}, seconds(a.started), []unknownRule{}}
	seen := map[string]bool{}
	for _, s := range request.SamplingStatisticsDocuments {
		switch {
		case seen[s.RuleName]:
		case s.RuleName == defaultRule:
			answer.SamplingTargetDocuments = append(answer.SamplingTargetDocuments, target{
				defaultRule, a.cfg.SamplingRate, reservoir, seconds(a.taker.in.Now().Add(quotaLasts)), interval,
			})
		default:
			answer.UnprocessedStatistics = append(answer.UnprocessedStatistics, unknownRule{s.RuleName, "400", "there is no such rule; the only one is " + defaultRule})
		}
		seen[s.RuleName] = true
	}
	return answer, nil
}
