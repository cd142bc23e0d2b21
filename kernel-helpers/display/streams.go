package display

import (
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// streamsWithin bounds the wait for printed text; after it, a bundle may
// overtake what was printed before. Tests set it, and what they do at a pause.
var (
	streamsWithin = time.Second
	streamsPause  = time.Sleep
)

// awaitStreams returns when the kernel has read what was written to the streams.
// Text and bundles reach it through different pipes, so that a bundle could
// come out before text printed earlier. No event says that a pipe is empty,
// hence the short polls.
func awaitStreams(streams ...*os.File) {
	deadline := time.Now().Add(streamsWithin)
	for pause := 20 * time.Microsecond; slices.ContainsFunc(streams, unread); pause = min(2*pause, 2*time.Millisecond) {
		if time.Now().After(deadline) {
			return
		}
		streamsPause(pause)
	}
}

// unread reports whether f is a pipe that holds bytes nobody has read yet.
func unread(f *os.File) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	if raw.Control(func(fd uintptr) { n, err = unix.IoctlGetInt(int(fd), fionread) }) != nil || err != nil {
		return false
	}
	return n > 0
}

// printText prints text as whole lines in one write.
func printText(text string) {
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, _ = os.Stdout.WriteString(text)
}
