package timeline

import (
	"sync"
	"time"
)

// Interval is the time between two readings of the process's processor time.
const Interval = 2 * time.Millisecond

// reading is one look at the two clocks, both counted from the start.
type reading struct {
	wall, cpu time.Duration
}

// recorder reads the clocks until it is stopped.
type recorder struct {
	begin    time.Time
	beginCPU time.Duration
	done     chan struct{}
	wg       sync.WaitGroup
	readings []reading // owned by the goroutine until wg is done
}

func start() *recorder {
	r := &recorder{begin: time.Now(), beginCPU: processTime(), done: make(chan struct{})}
	r.readings = append(r.readings, reading{})
	r.wg.Go(func() {
		tick := time.NewTicker(Interval)
		defer tick.Stop()
		for {
			select {
			case <-r.done:
				return
			case <-tick.C:
				r.read()
			}
		}
	})
	return r
}

func (r *recorder) read() {
	r.readings = append(r.readings, reading{time.Since(r.begin), processTime() - r.beginCPU})
}

func (r *recorder) stop() strip {
	close(r.done)
	r.wg.Wait()
	r.read()
	return strip(r.readings)
}
