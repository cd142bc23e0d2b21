package leaktest

import (
	"os/exec"
	"strings"
	"testing"
)

// stay is a goroutine that isn't a test's.
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
	go func() { <-own }() // the test's own, which doesn't count
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
		t.Error("got that a process that sleeps is gone")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	Wait(t, "the killed process is gone", func() bool { return Gone(pid) })
	cmd.Wait()
	if !Gone(pid) {
		t.Error("got that a process that was waited for is there")
	}
}
