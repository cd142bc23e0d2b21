// Package zmtp speaks ZeroMQ's wire protocol, ZMTP 3.0, over connections that
// the caller makes or accepts. A message is a slice of frames.
//
// The protocol layer is that of github.com/go-zeromq/zmq4 ([zmq4.Conn]), and no
// type of zmq4 is in this package's API. zmq4's sockets aren't used: they have
// faults that can't be worked around from outside, such as a dial without a
// handshake time-out, a Send that reports success to a dead peer, and goroutines
// left after Close.
//
// The protocol is described at https://rfc.zeromq.org/spec/23/.
package zmtp

import "github.com/go-zeromq/zmq4"

// A SocketType is ZeroMQ's type of the socket that a connection belongs to.
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
