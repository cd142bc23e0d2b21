// Package zmtp implements ZeroMQ's wire protocol, ZMTP 3.0, on connections that
// the caller dials or accepts. A message is a slice of frames.
//
// The package uses the protocol layer of github.com/go-zeromq/zmq4 ([zmq4.Conn]),
// but no type of zmq4 is part of its API. It doesn't use zmq4's sockets, which
// have faults that can't be worked around: a dial has no time-out for the
// handshake, a send to a dead peer succeeds, and goroutines are left after Close.
//
// The protocol is described at https://rfc.zeromq.org/spec/23/.
package zmtp

import "github.com/go-zeromq/zmq4"

// A SocketType is the ZeroMQ type of the socket that a connection belongs to.
type SocketType string

// The socket types that Jupyter uses.
const (
	Dealer = SocketType(zmq4.Dealer)
	Router = SocketType(zmq4.Router)
	Pub    = SocketType(zmq4.Pub)
	Sub    = SocketType(zmq4.Sub)
	Req    = SocketType(zmq4.Req)
	Rep    = SocketType(zmq4.Rep)
)
