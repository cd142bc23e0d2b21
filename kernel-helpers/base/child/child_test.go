package child

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

const variable = "CHILD_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(variable) != "" {
		os.Exit(serve())
	}
	m.Run()
}

// serve is the child in the tests. It answers with its request, its arguments
// and whether it leads a process group, and exits with status 3.
func serve() int {
	requests, answers, err := Pipes()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	asked, err := io.ReadAll(requests)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	leader := syscall.Getpgrp() == os.Getpid()
	fmt.Fprintf(answers, "%s %s %t", asked, strings.Join(os.Args, " "), leader)
	fmt.Println("printed")
	return 3
}

func start(t *testing.T, c Command) *Process {
	t.Helper()
	p, err := c.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Kill()
		p.Wait()
		closeAll([]*os.File{p.Requests, p.Answers, p.Stderr})
		if p.Stdout != nil {
			p.Stdout.Close()
		}
	})
	return p
}

func TestAChildIsStartedAsTheCommandSpecifies(t *testing.T) {
	for _, group := range []bool{false, true} {
		p := start(t, Command{Variable: variable, Args: []string{"name", "-x"}, Stdout: group, Group: group})
		io.WriteString(p.Requests, "asked")
		p.Requests.Close()
		if got, want := readAll(t, p.Answers), fmt.Sprintf("asked name -x %t", group); got != want {
			t.Errorf("answer: got %q, want %q", got, want)
		}
		if got := readAll(t, p.Stderr); got != "" {
			t.Errorf("standard error: got %q, want no output", got)
		}
		switch {
		case !group && p.Stdout != nil:
			t.Error("got a pipe from standard output, want none")
		case group:
			if got := readAll(t, p.Stdout); got != "printed\n" {
				t.Errorf("standard output: got %q, want %q", got, "printed\n")
			}
		}
		if err := p.Wait(); err == nil || err.Error() != "exit status 3" {
			t.Errorf("Wait: got %v, want exit status 3", err)
		}
	}
}

func TestAChildClosesTheDescriptorsOfItsParent(t *testing.T) {
	// This descriptor of the parent is not closed on exec.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd, err := syscall.Dup(int(w.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, Command{Variable: variable, Args: []string{"name"}})
	syscall.Close(fd)
	w.Close()
	// Reading ends when no process has the other end open. The child is still
	// running, because the pipe of requests is open.
	r.SetReadDeadline(time.Now().Add(time.Minute))
	if got := readAll(t, r); got != "" {
		t.Errorf("got %q, want the end of the file", got)
	}
	p.Requests.Close()
	if got := readAll(t, p.Answers); !strings.HasPrefix(got, " name ") {
		t.Errorf("answer: got %q, want it to begin with the name", got)
	}
}

func TestPipesFailsWithoutPipes(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"=1")
	file, err := os.Open(os.Args[0]) // has the descriptor of a pipe, but is a file
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd.ExtraFiles = []*os.File{file, file}
	said, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); code != 2 || string(said) != "there is no pipe to a parent\n" {
		t.Errorf("got %v, %q; want exit status 2 and that there is no pipe", err, said)
	}
}

func readAll(t *testing.T, f *os.File) string {
	t.Helper()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
