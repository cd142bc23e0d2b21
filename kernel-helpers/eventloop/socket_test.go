package eventloop

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestASocketSendsAndReceives(t *testing.T) {
	var trace bytes.Buffer
	l := New(Trace(&trace))
	err := l.Run(t.Context(), func(co *Coroutine) error {
		door, err := Listen(l, "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer door.Close()
		server := Go(l, func(co *Coroutine) (None, error) {
			s, err := door.Accept(co)
			if err != nil {
				return None{}, err
			}
			defer s.Close()
			buf := make([]byte, 100)
			n, err := s.Recv(co, buf)
			if err != nil {
				return None{}, err
			}
			_, err = s.Send(co, bytes.ToUpper(buf[:n]))
			return None{}, err
		})
		at, err := door.Address()
		if err != nil {
			return err
		}
		s, err := Connect(co, at.String())
		if err != nil {
			return err
		}
		defer s.Close()
		fmt.Fprint(s.Stream(co), "hello")
		got, err := io.ReadAll(s.Stream(co))
		if err != nil || string(got) != "HELLO" {
			t.Errorf("got %q, %v", got, err)
		}
		_, err = Await(co, server)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if !strings.Contains(trace.String(), "7  task 1") {
		t.Errorf("trace:\n%s", &trace)
	}
	t.Log("\n" + trace.String())
}
