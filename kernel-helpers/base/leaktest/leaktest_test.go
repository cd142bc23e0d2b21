package leaktest

import (
	"os/exec"
	"strings"
	"testing"
)

// stay is a goroutine that counts as one of the package.
func stay(until <-chan bool, done chan<- bool) {
	<-until
	close(done)
}

//go:noinline
func start(until <-chan bool, done chan<- bool) { go stay(until, done) }

func TestAGoroutineIsFoundByItsPackage(t *testing.T) {
	until, done := make(chan bool), make(chan bool)
	inner := make(chan bool)
	go func() {
		start(until, done)
		close(inner)
	}()
	<-inner
	found := func(pkg string) bool {
		return strings.Contains(strings.Join(goroutines([]string{pkg}), "\n"), "leaktest.stay")
	}
	Wait(t, "the goroutine is found", func() bool { return found("base/leaktest") })
	if found("base/another") {
		t.Error("got a goroutine of another package, want none")
	}
	own := make(chan bool)
	defer close(own)
	go func() { <-own }() // a goroutine of the test, which does not count
	close(until)
	<-done
	Wait(t, "the goroutine is gone", func() bool { return len(goroutines([]string{"base/leaktest"})) == 0 })
}

func TestAZombieIsGone(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sleep", "600")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	if Gone(pid) {
		t.Error("a sleeping process: got gone, want running")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	Wait(t, "the killed process is gone", func() bool { return Gone(pid) })
	cmd.Wait()
	if !Gone(pid) {
		t.Error("a process that was waited for: got running, want gone")
	}
}
