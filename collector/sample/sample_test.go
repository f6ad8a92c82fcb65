package sample_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/sightline/sightline/collector/sample"
)

func TestRequestIsTheSameForTheSameSeedAndAbout527BytesASpan(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	body := sample.Request(1, 1000, start)
	if !bytes.Equal(body, sample.Request(1, 1000, start)) {
		t.Error("two requests of one seed differ")
	}
	if per := len(body) / 1000; per < 510 || per > 545 {
		t.Errorf("%d bytes a span, want about 527", per)
	}
}
