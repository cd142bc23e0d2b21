package timeline

import (
	"sync/atomic"
	"testing"
	"time"
)

func TestOthersRunSeesGoroutinesThatDoNotWait(t *testing.T) {
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
		t.Error("othersRun is false while a goroutine runs")
	}
	stop.Store(true)
	<-ended
	for end := time.Now().Add(time.Minute); othersRun(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("othersRun is true for a minute, want false")
		}
	}
}
