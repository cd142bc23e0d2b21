package eventloop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// listen opens a listener for a test.
func listen(t *testing.T, l *Loop) (listener *Socket, address string) {
	t.Helper()
	listener, err := Listen(l, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at, err := listener.Address()
	if err != nil {
		t.Fatal(err)
	}
	return listener, at.String()
}

// pair returns the two ends of a connection.
func pair(t *testing.T, co *Coroutine) (a, b *Socket) {
	t.Helper()
	l := co.task.self.loop
	listener, address := listen(t, l)
	defer listener.Close()
	accepted := Go(l, func(co *Coroutine) (*Socket, error) { return listener.Accept(co) })
	a, err := Connect(co, address)
	if err != nil {
		t.Fatal(err)
	}
	b, err = Await(co, accepted)
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// openDescriptors returns the number of open file descriptors of this process.
func openDescriptors(t *testing.T) int {
	t.Helper()
	open, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

func TestSocketsTalk(t *testing.T) {
	before := openDescriptors(t)
	l := New()
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		echo := Go(l, func(co *Coroutine) (None, error) {
			_, err := io.Copy(b.Stream(co), b.Stream(co))
			b.Close()
			return None{}, err
		})
		buf := make([]byte, 100)
		for _, text := range []string{"hello", "and again"} {
			if n, err := a.Send(co, []byte(text)); n != len(text) || err != nil {
				t.Errorf("Send: got %d, %v; want %d", n, err, len(text))
			}
			if n, err := a.Recv(co, buf); string(buf[:n]) != text || err != nil {
				t.Errorf("Recv: got %q, %v; want %q", buf[:n], err, text)
			}
		}
		if err := unix.Shutdown(a.Fd(), unix.SHUT_WR); err != nil {
			return err
		}
		if n, err := a.Recv(co, buf); n != 0 || err != io.EOF {
			t.Errorf("Recv at the end: got %d, %v; want 0, EOF", n, err)
		}
		a.Close()
		_, err := Await(co, echo)
		return err
	})
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors are open, want %d as before", after, before)
	}
}

func TestASendLargerThanTheSystemsBufferArrivesWhole(t *testing.T) {
	l := New()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // 16 MiB
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		defer b.Close()
		sender := Go(l, func(co *Coroutine) (int, error) {
			defer a.Close()
			return a.Send(co, sent)
		})
		got, err := io.ReadAll(b.Stream(co))
		if !bytes.Equal(got, sent) {
			t.Errorf("received %d bytes, want the %d bytes sent", len(got), len(sent))
		}
		if n, err := Await(co, sender); n != len(sent) || err != nil {
			t.Errorf("Send: got %d, %v; want %d", n, err, len(sent))
		}
		return err
	})
}

func TestAThousandConnectionsOnOneLoop(t *testing.T) {
	const connections = 1000
	before := openDescriptors(t)
	l := New()
	most := 0
	run(t, l, func(co *Coroutine) error {
		listener, address := listen(t, l)
		defer listener.Close()
		Go(l, func(co *Coroutine) (None, error) {
			for {
				s, err := listener.Accept(co)
				if errors.Is(err, ErrClosed) {
					return None{}, nil
				}
				if err != nil {
					return None{}, err
				}
				Go(l, func(co *Coroutine) (None, error) {
					defer s.Close()
					_, err := io.Copy(s.Stream(co), s.Stream(co))
					return None{}, err
				})
			}
		})
		// Once all clients are connected, each sends its number and gets it
		// back.
		open, all := 0, NewFuture[None](l)
		clients := make([]*Task[string], connections)
		for i := range clients {
			clients[i] = Go(l, func(co *Coroutine) (string, error) {
				s, err := Connect(co, address)
				if err != nil {
					return "", err
				}
				defer s.Close()
				if open++; open == connections {
					all.SetResult(None{})
				}
				if _, err := Await(co, all); err != nil {
					return "", err
				}
				fmt.Fprint(s.Stream(co), i)
				buf := make([]byte, 10)
				n, err := s.Recv(co, buf)
				most = max(most, len(l.poll.fds))
				return string(buf[:n]), err
			})
		}
		outcomes, err := Await(co, Gather(l, clients...))
		for i, o := range outcomes {
			if o.Err != nil || o.Value != fmt.Sprint(i) {
				t.Errorf("client %d: got %q, %v; want its number", i, o.Value, o.Err)
			}
		}
		return err
	})
	if most < connections {
		t.Errorf("at most %d sockets were waiting at once, want %d", most, connections)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors are open, want %d as before", after, before)
	}
}

func TestSocketErrors(t *testing.T) {
	before := openDescriptors(t)
	l := New()
	run(t, l, func(co *Coroutine) error {
		listener, address := listen(t, l)
		listener.Close()
		_, err := Connect(co, address)
		wantError(t, "no listener", err, unix.ECONNREFUSED)
		if !strings.Contains(fmt.Sprint(err), address) {
			t.Errorf("the address is missing in the error: %v", err)
		}
		_, err = Connect(co, "localhost:80")
		if err == nil || !strings.Contains(err.Error(), "localhost:80") {
			t.Errorf("a host name: got error %v, want one that names it", err)
		}
		listener, address = listen(t, l)
		defer listener.Close()
		_, err = Listen(l, address)
		wantError(t, "an address in use", err, unix.EADDRINUSE)
		return nil
	})
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors are open, want %d as before", after, before)
	}
}

func TestIPv6(t *testing.T) {
	l := New()
	listener, err := Listen(l, "[::1]:0")
	if errors.Is(err, unix.EADDRNOTAVAIL) || errors.Is(err, unix.EAFNOSUPPORT) {
		t.Skip("no IPv6 here")
	}
	run(t, l, func(co *Coroutine) error {
		defer listener.Close()
		at, err := listener.Address()
		if err != nil {
			return err
		}
		s, err := Connect(co, at.String())
		if err != nil {
			return err
		}
		return s.Close()
	})
}

func TestClosingASocketWakesItsWaiters(t *testing.T) {
	l := New()
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		defer b.Close()
		receiver := Go(l, func(co *Coroutine) (int, error) { return a.Recv(co, make([]byte, 1)) })
		sender := Go(l, func(co *Coroutine) (int, error) { return a.Send(co, make([]byte, 64<<20)) })
		co.Sleep(0)
		a.Close()
		_, err := Await(co, receiver)
		wantError(t, "Recv", err, ErrClosed)
		_, err = Await(co, sender)
		wantError(t, "Send", err, ErrClosed)
		_, err = a.Recv(co, make([]byte, 1))
		wantError(t, "afterwards", err, ErrClosed)
		wantError(t, "again", a.Close(), ErrClosed)
		return nil
	})
}

func TestAnErrorOnASocketWakesItsWaiters(t *testing.T) {
	l := New()
	wait := l.poll.wait
	l.poll.wait = func(fds []unix.PollFd, milliseconds int) error {
		err := wait(fds, milliseconds)
		for i := range fds {
			// Systems differ in the events that they report for a hang-up.
			if fds[i].Revents&unix.POLLHUP != 0 {
				fds[i].Revents = unix.POLLHUP
			}
		}
		return err
	}
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		defer a.Close()
		receiver := Go(l, func(co *Coroutine) (int, error) { return a.Recv(co, make([]byte, 1)) })
		co.Sleep(0)
		if err := unix.Shutdown(a.Fd(), unix.SHUT_WR); err != nil {
			return err
		}
		b.Close()
		_, err := Await(co, receiver)
		wantError(t, "receive", err, io.EOF)
		return nil
	})
}

func TestTwoTasksCantReceiveFromOneSocket(t *testing.T) {
	l := New()
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		defer a.Close()
		defer b.Close()
		first := Go(l, func(co *Coroutine) (int, error) { return a.Recv(co, make([]byte, 1)) })
		co.Sleep(0)
		_, err := a.Recv(co, make([]byte, 1))
		wantError(t, "the second Recv", err, ErrBusy)
		if n, err := a.Send(co, []byte("x")); n != 1 || err != nil {
			t.Errorf("Send meanwhile: got %d, %v; want 1", n, err)
		}
		b.Send(co, []byte("y"))
		_, err = Await(co, first)
		return err
	})
}

func TestACancelledReceiveTakesNothingOffTheSocket(t *testing.T) {
	for name, sent := range map[string]string{"before any data": "", "after data arrived": "x"} {
		t.Run(name, func(t *testing.T) {
			l := New()
			run(t, l, func(co *Coroutine) error {
				a, b := pair(t, co)
				defer a.Close()
				defer b.Close()
				buf := make([]byte, 10)
				task := Go(l, func(co *Coroutine) (int, error) { return a.Recv(co, buf) })
				co.Sleep(0)
				b.Send(co, []byte(sent))
				task.Cancel()
				_, err := Await(co, task)
				wantError(t, "await", err, ErrCancelled)
				b.Send(co, []byte("yz"))
				b.Close()
				var got string
				for err = nil; err == nil; { // in one or more pieces
					var n int
					n, err = a.Recv(co, buf)
					got += string(buf[:n])
				}
				wantError(t, "at the end", err, io.EOF)
				if got != sent+"yz" {
					t.Errorf("received %q afterwards, want %q", got, sent+"yz")
				}
				return nil
			})
		})
	}
}

func TestACancellationDoesNotLoseReceivedData(t *testing.T) {
	l := New()
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		defer a.Close()
		defer b.Close()
		var got string
		task := Go(l, func(co *Coroutine) (None, error) {
			buf := make([]byte, 10)
			n, err := a.Recv(co, buf)
			if err != nil {
				return None{}, err
			}
			got = string(buf[:n])
			return None{}, co.Sleep(time.Hour)
		})
		co.Sleep(0)
		// The bytes are in the buffer when the task's future is done. Cancel
		// the task before its turn.
		a.waits[0].AddDoneCallback(func(*Future[int]) {})
		a.waits[0].callbacks = append([]func(){func() { task.Cancel() }}, a.waits[0].callbacks...)
		b.Send(co, []byte("x"))
		_, err := Await(co, task)
		wantError(t, "its next wait", err, ErrCancelled)
		if got != "x" {
			t.Errorf("received %q, want \"x\"", got)
		}
		return nil
	})
}

func TestACoroutineThatIsTornDownLeavesNoWatchBehind(t *testing.T) {
	l := New()
	var a, b *Socket
	done := make(chan None)
	go func() {
		defer close(done)
		l.Run(t.Context(), func(co *Coroutine) error {
			a, b = pair(t, co)
			Go(l, func(co *Coroutine) (None, error) {
				runtime.Goexit()
				return None{}, nil
			})
			_, err := a.Recv(co, make([]byte, 1))
			return err
		})
	}()
	<-done
	defer a.Close()
	defer b.Close()
	if len(l.poll.fds) != 0 || len(l.poll.place) != 0 {
		t.Errorf("%d descriptors are left, want 0", len(l.poll.fds))
	}
}

func TestTheTraceShowsTheSevenStepsOfARecv(t *testing.T) {
	var trace bytes.Buffer
	l := New()
	var fd int
	run(t, l, func(co *Coroutine) error {
		a, b := pair(t, co)
		defer a.Close()
		defer b.Close()
		fd = a.Fd()
		Trace(&trace)(l)
		receiver := Go(l, func(co *Coroutine) (int, error) { return a.Recv(co, make([]byte, 10)) })
		co.Sleep(0)
		co.Sleep(0)
		b.Send(co, []byte("hello"))
		_, err := Await(co, receiver)
		return err
	})
	recv := fmt.Sprintf(`recv\(fd %d\)`, fd)
	var patterns []*regexp.Regexp
	for _, p := range []string{
		`^   ` + recv + ` would block: task 3 waits`,
		fmt.Sprintf(`^1  poll .*fd %d readable$`, fd),
		fmt.Sprintf(`^2  .*fd %d is readable$`, fd),
		`^3  ` + recv + `: 5 bytes`,
		`^4  the future of ` + recv + ` .* result 5$`,
		`^5  .* wakes task 3`,
		`^6  .* resumes task 3 .* ` + recv + `$`,
		`^7  task 3: ` + recv + ` returns, .* 5 bytes$`,
	} {
		patterns = append(patterns, regexp.MustCompile(p))
	}
	lines := strings.Split(strings.TrimSuffix(trace.String(), "\n"), "\n")
	if !slices.EqualFunc(lines, patterns, func(line string, p *regexp.Regexp) bool { return p.MatchString(line) }) {
		t.Errorf("the trace doesn't match the seven steps:\n%s", &trace)
	}
}
