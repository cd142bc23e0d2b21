package report

import (
	"strings"
	"testing"
)

const asleep = `fatal error: all goroutines are asleep - deadlock!

goroutine 1 [chan receive]:
main.main()
	cell 2:7 +0x1d0

goroutine 19 [chan send]:
main.work(...)
	cell 1:3
created by main.main in goroutine 1
	cell 2:4 +0x7f

goroutine 20 [chan send, 2 minutes]:
main.work(...)
	cell 1:3
created by main.main in goroutine 1
	cell 2:4 +0x7f

goroutine 21 [sync.Mutex.Lock]:
internal/sync.runtime_SemacquireMutex(0x1, 0x2, 0x3)
	/usr/local/go/src/runtime/sema.go:95 +0x25
sync.(*Mutex).Lock(...)
	/usr/local/go/src/sync/mutex.go:46
main.main.func1()
	cell 2:5 +0x7f
created by main.main in goroutine 1
	cell 2:5 +0x7f
exit status 2`

func TestADeadlockSaysWhoWaitsForWhat(t *testing.T) {
	f := Explain(FailedCell{Name: ExitError, Value: "exit status 2", Crash: asleep, Sources: Sources{
		1: "func work(out chan<- int) {\n\tn := 1\n\tout <- n\n}",
		2: "%%\nvar mu sync.Mutex\nfor range 2 {\n\tgo work(out)\n\tgo func() { mu.Lock() }()\n}\nfmt.Println(<-done)",
	}})
	got := strings.Join(f.Traceback, "\n")
	want := `
    1 goroutine is waiting to receive from done at cell 2, line 7
    2 goroutines are waiting to send on out at cell 1, line 3, started at cell 2, line 4
    1 goroutine is waiting to lock mu at cell 2, line 5, started at cell 2, line 5
`
	if !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it%s", got, want)
	}
	if f.Name != Deadlock || f.Value != "all goroutines are asleep - deadlock!" {
		t.Errorf("got %s %q", f.Name, f.Value)
	}
}
