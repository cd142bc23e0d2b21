package procpool

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"example.com/speedup/kernel-helpers/base/child"
)

// workerVariable is an environment variable that is set for workers. A worker
// unsets it.
const workerVariable = "SPEEDUP_PROCPOOL_WORKER"

// serving is the server of this process, or nil if it is not a worker.
var serving = func() *server {
	if os.Getenv(workerVariable) == "" {
		return nil
	}
	os.Unsetenv(workerVariable)
	return newServer()
}()

// Worker returns the name of this worker process, such as "worker-1", or "" in
// the program that started it.
func Worker() string {
	if serving == nil {
		return ""
	}
	return serving.hello.name
}

// A server is a worker's side of the pipes. One goroutine always reads, so that
// it notices the parent's end whatever a task does. Another goroutine runs the
// tasks.
type server struct {
	hello   hello
	greeted chan struct{} // closed when hello is set
	begun   bool          // tasks are being served
	results *os.File

	mu     sync.Mutex
	more   sync.Cond // signalled when the queue grows or ending is set
	queue  []run
	ending bool
	inHand uint64             // id of the current run, or 0
	cancel context.CancelFunc // cancels the current run

	writing sync.Mutex
}

// A run is one frame of work: some inputs of a task.
type run struct {
	id     uint64
	task   *definition
	count  int
	inputs []byte
	ctx    context.Context // set when it becomes the current run

	// A dropped run stays in the queue: its inputs must be read, because they
	// may describe types for the inputs after them.
	dropped bool
}

func newServer() *server {
	// The parent decides what an interrupt means. A signal that is caught but
	// not handled, unlike an ignored one, is not inherited by processes that
	// tasks start.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	commands, results, err := child.Pipes()
	if err != nil {
		fatal(fmt.Errorf("%w: %s is meant for programs started by this package: unset it", err, workerVariable))
	}
	s := &server{greeted: make(chan struct{}), results: results}
	s.more.L = &s.mu
	go s.read(newFrameReader(commands))
	return s
}

// defined is called with the tasks defined so far. Once they include all tasks
// of the parent, it serves, and then ends the program.
func (s *server) defined(definitions []*definition) {
	<-s.greeted
	if len(definitions) < len(s.hello.tasks) || s.begun {
		return
	}
	for i, name := range s.hello.tasks {
		if definitions[i].name != name {
			fatal(fmt.Errorf("task %d is %q here and %q in the parent: define the same tasks at each start", i, definitions[i].name, name))
		}
	}
	s.begun = true
	s.send([]byte{1, 0, 0, 0, frameReady})
	// The goroutine that initializes packages is locked to its thread, which
	// would make every switch to and from it slow.
	go func() {
		new(runner).serve(s)
		os.Exit(0)
	}()
	select {}
}

// fatal ends the worker because this package was used incorrectly.
func fatal(err error) {
	fmt.Fprintln(os.Stderr, "procpool:", err)
	os.Exit(2)
}

// orphaned ends the worker and the processes started by its tasks.
func (s *server) orphaned() {
	if syscall.Getpgrp() == os.Getpid() {
		syscall.Kill(0, syscall.SIGKILL)
	}
	os.Exit(1)
}

// read reads the parent's messages until the parent or this process ends.
func (s *server) read(frames *frameReader) {
	for {
		kind, body, err := frames.next()
		if err != nil {
			s.orphaned()
		}
		if err := s.handle(kind, &decoder{data: body}); err != nil {
			fatal(err)
		}
	}
}

func (s *server) isGreeted() bool {
	select {
	case <-s.greeted:
		return true
	default:
		return false
	}
}

func (s *server) handle(kind byte, d *decoder) error {
	switch kind {
	case frameHello:
		if s.isGreeted() {
			return errors.New("bad message: a second greeting")
		}
		h, err := readHello(d)
		if err != nil {
			return err
		}
		s.hello = h
		close(s.greeted)
		return nil
	case frameRun:
		return s.queueRun(d)
	case frameCancel:
		id, err := d.uvarint()
		if err != nil {
			return err
		}
		s.cancelRun(id)
		return nil
	case frameRecall:
		n, err := d.uvarint()
		if err != nil {
			return err
		}
		s.recall(int(min(n, 1<<30)))
		return nil
	case frameEnd:
		s.mu.Lock()
		s.ending = true
		s.mu.Unlock()
		s.more.Signal()
		return nil
	}
	return fmt.Errorf("bad message: kind %q", kind)
}

func (s *server) queueRun(d *decoder) error {
	id, err := d.uvarint()
	if err != nil {
		return err
	}
	number, err := d.uvarint()
	if err != nil {
		return err
	}
	count, err := d.uvarint()
	if err != nil {
		return err
	}
	registry.Lock()
	defer registry.Unlock()
	if number >= uint64(len(registry.definitions)) {
		return errors.New("bad message: no such task")
	}
	s.mu.Lock()
	s.queue = append(s.queue, run{id: id, task: registry.definitions[number], count: int(count), inputs: d.data})
	s.mu.Unlock()
	s.more.Signal()
	return nil
}

// cancelRun drops a run that is in the queue, or cancels the context of the
// current one.
func (s *server) cancelRun(id uint64) {
	s.mu.Lock()
	if s.inHand == id && s.cancel != nil {
		s.cancel()
		s.mu.Unlock()
		return
	}
	i := slices.IndexFunc(s.queue, func(r run) bool { return r.id == id })
	if i < 0 { // the run has ended
		s.mu.Unlock()
		return
	}
	s.drop(i, i+1)
}

// recall drops the last n runs in the queue.
func (s *server) recall(n int) {
	s.mu.Lock()
	from := len(s.queue)
	for ; from > 0 && n > 0; from-- {
		if !s.queue[from-1].dropped {
			n--
		}
	}
	s.drop(from, len(s.queue))
}

// drop marks runs in the queue as dropped, unlocks s.mu and tells the parent.
func (s *server) drop(from, to int) {
	frame := beginFrame(nil, frameRecalled)
	for i := from; i < to; i++ {
		if r := &s.queue[i]; !r.dropped {
			r.dropped = true
			frame = binary.AppendUvarint(frame, r.id)
		}
	}
	s.mu.Unlock()
	endFrame(frame, 0)
	s.send(frame)
}

// send writes frames to the parent.
func (s *server) send(frames []byte) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if _, err := s.results.Write(frames); err != nil {
		s.orphaned()
	}
}
