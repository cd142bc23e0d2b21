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

// ownerEnv names a pipe of GoNB and the process that may write to it. Children
// of a cell inherit it with the pipe's path, and so know that the pipe isn't
// theirs; under a kernel that a cell started the path is another.
const ownerEnv = "SPEEDUP_DISPLAY_OWNER"

// answerWithin is how long the kernel may take to confirm one bundle. Opening
// the pipe, writing to it and waiting for the confirmation all block for ever
// when the kernel is gone.
const answerWithin = 10 * time.Second

var errNoAnswer = errors.New("no answer from the kernel within " + answerWithin.String())

var kernel = link{
	attached: attached(),
	within:   answerWithin,
	exchange: exchange,
}

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

// link is the one way to the kernel. Bundles go one at a time.
type link struct {
	attached bool
	within   time.Duration
	exchange func(*protocol.DisplayData) error // sends, and waits for the confirmation

	mu     sync.Mutex
	broken error
}

func (l *link) usable() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.attached && l.broken == nil
}

// deliver reports whether the kernel has taken the bundle. A failure is said
// once on standard error and is final: gonbui can't open its pipe again.
func (l *link) deliver(data *protocol.DisplayData) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.attached || l.broken != nil {
		return false
	}
	// gonbui's calls can't be cancelled. When the time is up this goroutine
	// stays parked inside gonbui until the program ends; there is at most one,
	// because nothing is sent any more.
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
		fmt.Fprintf(os.Stderr, "display: %v: plain text from here on (restart the kernel to get pictures again)\n", l.broken)
	}
	return l.broken == nil
}

func exchange(data *protocol.DisplayData) error {
	if err := gonbui.Open(); err != nil {
		return err
	}
	// First everything printed so far: read by the kernel, and with the time of
	// one round trip to publish it.
	awaitStreams(os.Stdout, os.Stderr)
	gonbui.Sync()
	gonbui.SendData(data)
	if err := gonbui.Open(); err != nil { // a failed write is only known by the state it leaves
		return err
	}
	gonbui.Sync()
	return nil
}
