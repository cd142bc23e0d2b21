package timeline

import (
	"sync/atomic"
	"testing"
	"time"
)

func TestGoroutinesThatDoNotWaitAreSeen(t *testing.T) {
	var begun, stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for begun.Store(true); !stop.Load(); {
		}
	}()
	for !begun.Load() {
		time.Sleep(time.Millisecond)
	}
	if !othersRun() {
		t.Error("one that runs isn't seen")
	}
	stop.Store(true)
	<-ended
	for end := time.Now().Add(time.Minute); othersRun(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("something is said to run all the time")
		}
	}
}
