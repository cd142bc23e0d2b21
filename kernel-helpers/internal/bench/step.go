package bench

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"time"

	"example.com/speedup/kernel-helpers/eventloop"
	"example.com/speedup/kernel-helpers/generator"
)

// Go's ways to switch between two parties.
const (
	wayGenerator     = "generator"
	wayGeneratorPull = "generator-pull"
	wayIterPull      = "iter-pull"
	wayChannels      = "channels" // two bare channels, one for requests and one for answers
	wayEventloop     = "eventloop"
)

// step takes Steps values from a generator of 0, 1, 2, …; the answer is the
// last one. The generator yields once before, so that its creation isn't
// measured.
func step(job Job) (Outcome, error) {
	next, stop := counter(job.Way)
	defer stop()
	if _, err := next(); err != nil {
		return Outcome{}, err
	}
	last := 0
	start := time.Now()
	for range job.Steps {
		var err error
		if last, err = next(); err != nil {
			return Outcome{}, err
		}
	}
	return stepsDone(job, start, strconv.Itoa(last)), nil
}

// counter returns a function that returns 0, 1, 2, … in one of the ways.
func counter(way string) (next func() (int, error), stop func()) {
	switch way {
	case wayGenerator, wayGeneratorPull:
		construct := generator.New[int, generator.None, generator.None]
		if way == wayGeneratorPull {
			construct = generator.NewPull
		}
		g := construct(func(y *generator.Yielder[int, generator.None]) (generator.None, error) {
			for i := 0; ; i++ {
				if _, err := y.Yield(i); err != nil {
					return generator.None{}, err
				}
			}
		})
		return g.Next, func() { g.Close() }
	case wayIterPull:
		pull, stop := iter.Pull(func(yield func(int) bool) {
			for i := 0; yield(i); i++ {
			}
		})
		return func() (int, error) {
			n, ok := pull()
			if !ok {
				return 0, errors.New("bench: iter.Pull ended early")
			}
			return n, nil
		}, stop
	default:
		ask, answer := make(chan struct{}), make(chan int)
		go func() {
			defer close(answer)
			i := 0
			for range ask {
				answer <- i
				i++
			}
		}()
		return func() (int, error) {
			ask <- struct{}{}
			return <-answer, nil
		}, func() { close(ask); <-answer }
	}
}

// switchTasks lets one task give up its turn Steps times, which corresponds to
// asyncio.sleep(0).
func switchTasks(ctx context.Context, job Job) (Outcome, error) {
	var outcome Outcome
	err := eventloop.New().Run(ctx, func(co *eventloop.Coroutine) error {
		start := time.Now()
		for range job.Steps {
			if err := co.Sleep(0); err != nil {
				return err
			}
		}
		outcome = stepsDone(job, start, strconv.Itoa(job.Steps))
		return nil
	})
	return outcome, err
}

// stepWorks returns the works that measure the cost of a switch. Their runs are
// short and numerous, so that some are undisturbed.
func stepWorks(size sizer) []Work {
	steps, switches := size(200_000, 1_000), size(100_000, 1_000)
	return []Work{
		{
			Name: "steps", Title: "One step of a generator", Steps: steps, Answer: strconv.Itoa(steps), Unit: Nanoseconds, Runs: 10,
			Sides: []Side{
				{Name: "go", Title: "Go generator.New", Way: wayGenerator, Workers: 1},
				{Name: "channels", Title: "Go, two bare channels", Way: wayChannels, Workers: 1},
				{Name: "pull", Title: "Go generator.NewPull", Way: wayGeneratorPull, Workers: 1},
				{Name: "iter.Pull", Title: "Go iter.Pull", Way: wayIterPull, Workers: 1},
				{Name: "python", Title: "Python next()", Way: "generator_next", Package: pythonAlone, Workers: 1},
			},
			Requirements: []Requirement{timeOf("channels", 1.3)},
		},
		{
			Name: "switches", Title: "One switch of a task", Steps: switches, Answer: strconv.Itoa(switches), Unit: Nanoseconds, Runs: 10,
			Sides: []Side{
				{Name: "go", Title: "Go eventloop Sleep(0)", Way: wayEventloop, Workers: 1},
				{Name: "asyncio", Title: "asyncio.sleep(0)", Way: "asyncio_sleep", Package: pythonAlone, Workers: 1},
			},
			Requirements: []Requirement{timeOf("asyncio", 0.1)},
		},
	}
}
