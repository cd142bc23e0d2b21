package display

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// ownerEnv names an environment variable that holds the path of GoNB's pipe and
// the id of the process that may write to it. A cell's child processes inherit
// both and so know that the pipe isn't theirs. Under a kernel started by a cell
// the path differs.
const ownerEnv = "SPEEDUP_DISPLAY_OWNER"

// answerWithin is how long the kernel may take to confirm one bundle. When the
// kernel is gone, opening the pipe, writing to it and waiting for the
// confirmation all block forever.
const answerWithin = 10 * time.Second

var errNoAnswer = errors.New("no answer from the kernel within " + answerWithin.String())

var kernel = link{
	attached: attached(),
	within:   answerWithin,
	exchange: exchange,
}

// attached reports whether this process may write to GoNB's pipe. If no process
// owns the pipe yet, this one becomes its owner.
func attached() bool {
	if !gonbui.IsNotebook {
		return false
	}
	pipe, self := os.Getenv(protocol.GONB_PIPE_ENV), strconv.Itoa(os.Getpid())
	if owner, owned := strings.CutSuffix(os.Getenv(ownerEnv), " "+pipe); owned {
		return owner == self
	}
	return os.Setenv(ownerEnv, self+" "+pipe) == nil
}

// A link is the program's connection to the kernel. It sends one bundle at a
// time.
type link struct {
	attached bool
	within   time.Duration
	exchange func(*protocol.DisplayData) error // sends a bundle and waits for the confirmation

	mu     sync.Mutex
	broken error
}

func (l *link) usable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attached && l.broken == nil
}

// deliver reports whether the kernel has taken the bundle. A failure is
// reported once on standard error and is final: gonbui can't reopen its pipe.
func (l *link) deliver(data *protocol.DisplayData) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.attached || l.broken != nil {
		return false
	}
	// gonbui's calls can't be cancelled. On a timeout this goroutine stays
	// blocked inside gonbui until the program ends. There is at most one,
	// because nothing is sent afterwards.
	result := make(chan error, 1)
	go func() { result <- l.exchange(data) }()
	timer := time.NewTimer(l.within)
	defer timer.Stop()
	select {
	case l.broken = <-result:
	case <-timer.C:
		l.broken = errNoAnswer
	}
	if l.broken != nil {
		fmt.Fprintf(os.Stderr, "display: %v: printing plain text from now on (restart the kernel to see pictures again)\n", l.broken)
	}
	return l.broken == nil
}

func exchange(data *protocol.DisplayData) error {
	if err := gonbui.Open(); err != nil {
		return err
	}
	// The kernel must have read everything printed so far. One round trip then
	// gives it the time to publish that text.
	awaitStreams(os.Stdout, os.Stderr)
	gonbui.Sync()
	gonbui.SendData(data)
	if err := gonbui.Open(); err != nil { // gonbui reports a failed write only by the state that it leaves
		return err
	}
	gonbui.Sync()
	return nil
}
