package timing

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// programEnv makes the test binary run one of programs instead of the tests.
const programEnv = "TIMING_TEST_PROGRAM"

var programs = map[string]func(){
	"fails": func() {
		Downloads("failing", 2, func() error {
			for i := range 10 {
				Read(i, "http://page")
			}
			return errors.Join(errors.New("one"), errors.New("two"), errors.New("three"), errors.New("four"), errors.New("five"))
		})
		fmt.Println("not reached")
	},
	"panics": func() {
		Duration("panicking", 1, func() error { panic("as it is") })
	},
	"measures": func() {
		Downloads("one after another", 160, func() error {
			for i := range 160 {
				Read(10490, "http://page/"+strconv.Itoa(i))
			}
			return nil
		})
		Duration("squares, one after another", 20, func() error { return nil })
		Table()
	},
	"keeps five": func() {
		for i := range 5 {
			kept.keep(Result{Name: os.Getenv("NAME") + " " + strconv.Itoa(i), Date: time.Now(), Runs: 1})
			kept.keep(Result{Name: "shared", Date: time.Now(), Runs: 1})
		}
	},
}

func TestMain(m *testing.M) {
	if program := os.Getenv(programEnv); program != "" {
		programs[program]()
		return
	}
	kept = &keeper{} // keeps no file
	m.Run()
}

func program(t *testing.T, name, results string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), programEnv+"="+name, resultsEnv+"="+results, "GONB_PIPE=", "GORACE=atexit_sleep_ms=0")
	return cmd
}

// output runs cmd and returns its output and exit status.
func output(t *testing.T, cmd *exec.Cmd) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		if _, ok := errors.AsType[*exec.ExitError](err); !ok {
			t.Fatal(err)
		}
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}
