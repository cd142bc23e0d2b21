package timeline_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/timeline"
)

// programEnv makes the test binary run one of programs. They do what a cell
// would do, with their own standard output and their own end.
const programEnv = "TIMELINE_TEST_PROGRAM"

var programs = map[string]func(){
	"panics": func() {
		timeline.Show("A run that panics", func() {
			time.Sleep(2 * time.Millisecond)
			panic("on purpose")
		})
	},
	"exits its goroutine": func() {
		var wg sync.WaitGroup
		wg.Go(func() { timeline.Show("A run that exits", runtime.Goexit) })
		wg.Wait()
	},
	"is interrupted": func() {
		timeline.Show("A run without end", func() {
			syscall.Kill(os.Getpid(), syscall.SIGINT)
			select {}
		})
	},
	"shows within a show": func() {
		timeline.Show("The outer run", func() {
			timeline.Show("The inner run", func() { fmt.Println("still runs") })
		})
	},
	"leaks": func() {
		timeline.ShowLeaks("Nobody receives", func() {
			results := make(chan int)
			for range 3 {
				go send(results)
			}
			awaitStack("timeline_test.send", "chan send", 3)
		})
	},
	"starts workers": func() {
		timeline.Show("Two processes", func() {
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					work := exec.Command(os.Args[0])
					work.Env = append(os.Environ(), programEnv+"=works")
					work.Stderr = os.Stderr
					if err := work.Run(); err != nil {
						fmt.Println(err)
					}
				})
			}
			wg.Wait()
		})
		timeline.Save(os.Getenv("TIMELINE_TEST_FILE"))
	},
	"works": func() {
		for range 2 {
			timeline.Task("square", func() { time.Sleep(3 * time.Millisecond) })
		}
	},
	"serves": func() { // until the end of its standard input
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(50 * time.Millisecond)
			w.Write(make([]byte, 10_000))
		}))
		defer server.Close()
		fmt.Println(server.URL)
		io.Copy(io.Discard, os.Stdin)
	},
	"saves": func() {
		timeline.Save("too-early.html")
		timeline.Show("A run", func() { time.Sleep(time.Millisecond) })
		timeline.Save("run.html")
		timeline.Save("run.svg")
		timeline.Save("run.trace")
		timeline.Save("run.docx")
		timeline.Save("no/such/folder/run.html")
	},
}

func TestMain(m *testing.M) {
	if program := programs[os.Getenv(programEnv)]; program != nil {
		program()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run runs one of the programs and returns its output.
func run(t *testing.T, program string, env ...string) (stdout, stderr string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), append(env, programEnv+"="+program, "GONB_PIPE=", "TMPDIR="+cmd.Dir, "GORACE=atexit_sleep_ms=0")...)
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	left, globErr := os.ReadDir(cmd.Dir)
	if globErr != nil {
		t.Error(globErr)
	}
	for _, f := range left {
		if strings.Contains(f.Name(), "timeline") {
			t.Errorf("%s is left in the temporary folder", f.Name())
		}
		if strings.HasPrefix(f.Name(), "run.") {
			saved[program+"/"+f.Name()], _ = os.ReadFile(cmd.Dir + "/" + f.Name())
		}
	}
	return out.String(), errs.String(), err
}

// saved holds the files that programs wrote, by program and name.
var saved = map[string][]byte{}

// awaitStack waits until n goroutines that have a function on their stacks are
// in a state.
func awaitStack(function, state string, n int) {
	for buf := make([]byte, 1<<20); ; time.Sleep(time.Millisecond) {
		found := 0
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			header, calls, _ := strings.Cut(stack, "\n")
			if strings.Contains(header, "["+state) && strings.Contains(calls, function+"(") {
				found++
			}
		}
		if found >= n {
			return
		}
	}
}
