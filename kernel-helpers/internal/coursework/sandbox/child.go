package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Task is work that this program does inside the sandbox, in a process of its
// own: it reads an order and writes a reply.
type Task func(order io.Reader, reply io.Writer) error

// readyFile is the descriptor on which a child announces that the sandbox is set
// up: the first of exec.Cmd.ExtraFiles.
const readyFile = 3

// childEnv is the environment variable that marks a process inside the sandbox.
// Its value is a childOrder.
const childEnv = "SPEEDUP_COURSEWORK_CHILD"

// childOrder says what a process inside the sandbox does.
type childOrder struct {
	Limits Limits
	Ready  string // written to readyFile once the limits are set, unless empty
	Task   string // the task to carry out; "" means to become the program named by the arguments
}

// Main carries out what this process was started for if it is a child inside a
// sandbox, and then doesn't return. Elsewhere it does nothing. Programs that use
// a sandbox call it first, and so do the TestMain functions of their tests.
func Main(tasks map[string]Task) {
	text, found := os.LookupEnv(childEnv)
	if !found {
		return
	}
	if err := runChild(text, tasks); err != nil {
		fmt.Fprintf(os.Stderr, "coursework: child: %v\n", err)
		os.Exit(3)
	}
	os.Exit(0)
}

func runChild(text string, tasks map[string]Task) error {
	var order childOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return err
	}
	if err := os.Unsetenv(childEnv); err != nil {
		return err
	}
	if err := order.Limits.set(); err != nil {
		return err
	}
	if order.Ready != "" {
		// If this write fails, the parent concludes that nothing ran.
		_, _ = io.WriteString(os.NewFile(readyFile, "ready"), order.Ready)
	}
	if order.Task != "" {
		task := tasks[order.Task]
		if task == nil {
			return fmt.Errorf("this program has no task %q", order.Task)
		}
		return task(os.Stdin, os.Stdout)
	}
	if len(os.Args) < 2 {
		return errors.New("no program to run")
	}
	return fmt.Errorf("start %s: %w", os.Args[1], unix.Exec(os.Args[1], os.Args[1:], os.Environ()))
}
