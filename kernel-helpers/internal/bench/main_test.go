package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
)

// The test binary also acts as the Go peer, and as peers that fail.
const peerMark = "bench-test-peer"

func TestMain(m *testing.M) {
	// With -race, a program would sleep for a second at its end.
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	if len(os.Args) < 3 || os.Args[1] != peerMark {
		os.Exit(m.Run())
	}
	switch os.Args[2] {
	case "serves":
		if err := ServePeer(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "fails":
		fmt.Fprint(os.Stderr, "first line\nout of luck\n")
		os.Exit(1)
	case "lies":
		fmt.Print(`{"seconds": 0.001, "downloads": 12, "bytes": 64596}`)
	case "hangs": // with a child that hangs, too, until they are killed
		child := exec.Command(os.Args[0], peerMark, "hangs alone", os.Args[3])
		if err := child.Start(); err != nil {
			panic(err)
		}
		hang(os.Args[3])
	case "hangs alone":
		hang(os.Args[3])
	}
}

// hang keeps a connection to address open, so that a test can see that it is
// running.
func hang(address string) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		panic(err)
	}
	io.Copy(io.Discard, conn)
}

func peer(args ...string) []string {
	return append([]string{os.Args[0], peerMark}, args...)
}
