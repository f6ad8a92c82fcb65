package main

import (
	"strings"
	"testing"
)

func TestXRayConfig(t *testing.T) {
	got, err := LoadConfig(writeConfig(t, "xray: {udp: 127.0.0.1:2001, key: sl_1_x}\n"), environOf("SIGHTLINE_XRAY_TCP", "", "SIGHTLINE_XRAY_SAMPLING_RATE", "0.5"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (XRayConfig{UDP: "127.0.0.1:2001", Key: "sl_1_x", SamplingRate: 0.5}); got.XRay != want {
		t.Errorf("got %+v, want %+v", got.XRay, want)
	}
	f := func(text, want string) {
		t.Helper()
		if _, err := LoadConfig(writeConfig(t, text), noEnviron); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	f("xray: {udp: nowhere}", `xray.udp: "nowhere" is not host:port`)
	f("xray: {tcp: nowhere}", `xray.tcp: "nowhere" is not host:port`)
	f("xray: {tcp: 127.0.0.1:4318}", "xray.tcp: 127.0.0.1:4318 is already otlp.http")
	f("xray: {sampling_rate: 2}", "xray.sampling_rate: 2 is not between 0 and 1")
	f("xray: {sampling_rate: .nan}", "xray.sampling_rate: NaN is not between 0 and 1")
}

func TestXRayBeyondLoopbackNeedsAKey(t *testing.T) {
	f := func(x XRayConfig, keys bool, want ...string) {
		t.Helper()
		c := DefaultConfig()
		c.XRay, c.TLS.EndedBefore = x, true
		got := c.exposure(keys, false)
		if len(got) != len(want) {
			t.Fatalf("%+v: %q", x, got)
		}
		for i := range want {
			if !strings.HasPrefix(got[i], want[i]) {
				t.Errorf("%+v: %q, want %q", x, got[i], want[i])
			}
		}
		if c.sendersBeyondLoopback() != (len(want) > 0 || keys) {
			t.Errorf("%+v: beyond loopback %v", x, c.sendersBeyondLoopback())
		}
	}
	f(DefaultConfig().XRay, false)
	f(XRayConfig{}, false)
	f(XRayConfig{UDP: "0.0.0.0:2000"}, false, "xray.udp: 0.0.0.0:2000 can be reached")
	f(XRayConfig{UDP: "0.0.0.0:2000"}, true, "xray.udp: 0.0.0.0:2000 can be reached")
	f(XRayConfig{UDP: "0.0.0.0:2000", Key: "sl_1_x"}, true)
	f(XRayConfig{TCP: ":2000"}, false, "xray.tcp: :2000 can be reached")
	f(XRayConfig{TCP: ":2000"}, true)
}
