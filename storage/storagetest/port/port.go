//go:build unix

// Package port finds addresses for programs that tests and benchmarks start, stop, kill and start again.
package port

import (
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// Hold gives n loopback addresses and keeps them for the caller: until release the system hands their ports to nobody, neither to
// a listener without a port of its own nor to an outgoing connection, whether or not a program listens there just then. A program
// of the caller's can listen on them, any number of times. An address that was only free a moment ago has none of this: under load
// somebody's outgoing connection is on it before a killed program is back.
//
// It is a socket that is bound and does not listen: with SO_REUSEADDR on both, which Go's listeners have, another may bind the same
// address by its number (socket(7)), and binding without a number passes it over.
func Hold(n int) (addresses []string, release func(), err error) {
	var held []int
	release = func() {
		for _, fd := range held {
			_ = syscall.Close(fd) // it can't be in use by anything
		}
	}
	for range n {
		syscall.ForkLock.RLock() // a program that is started just now does not get it too
		fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
		if err == nil {
			syscall.CloseOnExec(fd)
			held = append(held, fd)
		}
		syscall.ForkLock.RUnlock()
		if err != nil {
			release()
			return nil, nil, fmt.Errorf("hold a port: %w", err)
		}
		address, err := bind(fd)
		if err != nil {
			release()
			return nil, nil, fmt.Errorf("hold a port: %w", err)
		}
		addresses = append(addresses, address)
	}
	return addresses, release, nil
}

func bind(fd int) (address string, err error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return "", err
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return "", err
	}
	at, err := syscall.Getsockname(fd)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(at.(*syscall.SockaddrInet4).Port)), nil
}
