// Package fronttest has a Jupyter client and what else tests of a kernel's sockets
// need.
package fronttest
