package display

import (
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// streamsWithin limits the wait for printed text to be read; after that a
// bundle may overtake it. Tests change the limit and how a pause is spent.
var (
	streamsWithin = time.Second
	streamsPause  = time.Sleep
)

// awaitStreams waits until the kernel has read everything written to the
// streams. Text and bundles reach the kernel through different pipes, so a
// bundle could otherwise appear before text printed earlier. No event reports
// that a pipe is empty, hence the short polls.
func awaitStreams(streams ...*os.File) {
	deadline := time.Now().Add(streamsWithin)
	for pause := 20 * time.Microsecond; slices.ContainsFunc(streams, unread); pause = min(2*pause, 2*time.Millisecond) {
		if time.Now().After(deadline) {
			return
		}
		streamsPause(pause)
	}
}

// unread reports whether f is a pipe that holds unread bytes.
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
