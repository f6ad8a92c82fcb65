package port_test

import (
	"net"
	"slices"
	"testing"

	"github.com/sightline/sightline/storage/storagetest/port"
)

// TestHeldPortsAreNobodyElses takes so many ports, as listeners and as outgoing connections, that of 500 some would be among them
// by chance; the held ones are not. They can be listened on again and again.
func TestHeldPortsAreNobodyElses(t *testing.T) {
	addresses, release, err := port.Hold(500)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for range 3 {
		l, err := net.Listen("tcp", addresses[0])
		if err != nil {
			t.Fatalf("listen on a held address: %v", err)
		}
		c, err := net.Dial("tcp", addresses[0])
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted.Close() // the side that closes first is what stays behind in TIME_WAIT
		c.Close()
		l.Close()
		if c, err := net.Dial("tcp", addresses[0]); err == nil {
			c.Close()
			t.Error("somebody answers on a held address without a listener")
		}
	}
	var taken []string
	for range 800 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c, err := net.Dial("tcp", server.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		taken = append(taken, l.Addr().String(), c.LocalAddr().String())
	}
	for _, a := range addresses {
		if slices.Contains(taken, a) {
			t.Errorf("%s was given away", a)
		}
	}
}
