package hub

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// A Load is a class at work: each user has one notebook open and runs a cell now and
// then.
type Load struct {
	Address  string // the Hub's
	Users    []string
	Password string
	Every    time.Duration // between two cells of a user
	For      time.Duration // from the first cell to the last
	Starting int           // how many servers start at the same time, as when a lesson begins
	Progress io.Writer
}

// A LoadReport is what a class met.
type LoadReport struct {
	Users    int
	Start    Times // of the users' servers, until they answer
	Idle     Times // of the cells of one user, before the others come
	First    Times // each user's first cell
	Cells    Times // all later ones
	Failures []error
	Memory   Memory // at the end, while all kernels run
}

// idleCells is how many cells measure the time of a cell on an idle machine.
const idleCells = 7

// atWork is a user of a load.
type atWork struct {
	client *Client
	kernel *Kernel
	cells  int
}

// Run starts a server and a kernel for each user, lets them run cells, and stops the
// servers. The error is that of the load itself; a cell that fails is in the report.
func (l Load) Run(ctx context.Context) (*LoadReport, error) {
	report := &LoadReport{Users: len(l.Users)}
	if len(l.Users) == 0 {
		return report, errors.New("load: no users")
	}
	users := make([]*atWork, len(l.Users))
	defer l.leave(context.WithoutCancel(ctx), users)

	begin := func(ctx context.Context, i int) error {
		started := time.Now()
		u, err := l.enter(ctx, l.Users[i])
		users[i] = u
		if err == nil {
			report.Start.add(time.Since(started))
			started = time.Now()
			if err = u.run(ctx); err == nil {
				report.First.add(time.Since(started))
			}
		}
		return err
	}
	if err := begin(ctx, 0); err != nil {
		return report, err
	}
	for range idleCells {
		started := time.Now()
		if err := users[0].run(ctx); err != nil {
			return report, err
		}
		report.Idle.add(time.Since(started))
	}
	l.say("one user: %s for a cell", report.Idle.Median().Round(time.Millisecond))

	starts, startContext := errgroup.WithContext(ctx)
	starts.SetLimit(max(l.Starting, 1))
	for i := 1; i < len(users); i++ {
		starts.Go(func() error { return begin(startContext, i) })
	}
	if err := starts.Wait(); err != nil {
		return report, err
	}
	l.say("%d users: servers started, median %s, at most %s", len(users), report.Start.Median().Round(time.Millisecond), report.Start.Max().Round(time.Millisecond))

	failures := l.work(ctx, users, &report.Cells)
	report.Failures = append(report.Failures, failures...)
	report.Memory = memoryOf(l.Users)
	return report, ctx.Err()
}

// enter logs in, starts the user's server and opens a notebook.
func (l Load) enter(ctx context.Context, name string) (*atWork, error) {
	client, err := Login(ctx, l.Address, name, l.Password)
	if err != nil {
		return nil, err
	}
	u := &atWork{client: client}
	server, err := client.Start(ctx)
	if err == nil {
		u.kernel, err = server.Open(ctx, "00-start-here.ipynb", "gonb")
	}
	return u, err
}

// work lets users run cells. Their turns are spread over the time between two cells,
// since people don't press a key all at once.
func (l Load) work(ctx context.Context, users []*atWork, times *Times) (failures []error) {
	var all errgroup.Group
	var mu sync.Mutex
	begun := time.Now()
	for i, u := range users {
		all.Go(func() error {
			next := time.NewTimer(l.Every * time.Duration(i) / time.Duration(len(users)))
			defer next.Stop()
			for {
				select {
				case <-ctx.Done():
					return nil
				case <-next.C:
				}
				started := time.Now()
				err := u.run(ctx)
				took := time.Since(started)
				if err != nil && ctx.Err() == nil {
					mu.Lock()
					failures = append(failures, fmt.Errorf("%s, cell %d: %w", u.client.Name, u.cells, err))
					mu.Unlock()
				} else {
					times.add(took)
				}
				if time.Since(begun)+l.Every >= l.For {
					return nil
				}
				next.Reset(max(l.Every-took, 0))
			}
		})
	}
	_ = all.Wait() // no function returns an error: each is in failures
	return failures
}

// run runs a cell that no user has run before, so that it has to be compiled.
func (u *atWork) run(ctx context.Context) error {
	u.cells++
	want := fmt.Sprintf("%s has run %d cells\n", u.client.Name, u.cells)
	got, err := u.kernel.Execute(ctx, fmt.Sprintf("%%%%\nfmt.Printf(\"%%s has run %%d cells\\n\", %q, %d)", u.client.Name, u.cells))
	if err == nil && got != want {
		err = fmt.Errorf("the cell printed %q, want %q", got, want)
	}
	return err
}

// leave stops the servers.
func (l Load) leave(ctx context.Context, users []*atWork) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var all errgroup.Group
	for _, u := range users {
		if u == nil {
			continue
		}
		all.Go(func() error {
			if u.kernel != nil {
				u.kernel.socket.CloseNow()
			}
			if err := u.client.Stop(ctx); err != nil {
				l.say("%v", err)
			}
			return nil
		})
	}
	_ = all.Wait() // each error has been said
}

func (l Load) say(format string, args ...any) {
	if l.Progress != nil {
		fmt.Fprintf(l.Progress, format+"\n", args...)
	}
}

// String describes the report, one fact in a line.
func (r *LoadReport) String() string {
	var b strings.Builder
	ms := func(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
	fmt.Fprintf(&b, "users                 %d\n", r.Users)
	fmt.Fprintf(&b, "cells                 %d, failed %d\n", r.Cells.Len()+len(r.Failures), len(r.Failures))
	fmt.Fprintf(&b, "server's start        median %s, max %s\n", ms(r.Start.Median()), ms(r.Start.Max()))
	fmt.Fprintf(&b, "first cell of a user  median %s, max %s\n", ms(r.First.Median()), ms(r.First.Max()))
	fmt.Fprintf(&b, "a cell, one user      median %s\n", ms(r.Idle.Median()))
	fmt.Fprintf(&b, "a cell, all users     median %s, p95 %s, max %s\n", ms(r.Cells.Median()), ms(r.Cells.Quantile(0.95)), ms(r.Cells.Max()))
	if idle := r.Idle.Median(); idle > 0 {
		fmt.Fprintf(&b, "p95 ÷ one user        %.1f\n", float64(r.Cells.Quantile(0.95))/float64(idle))
	}
	fmt.Fprintf(&b, "memory                %s\n", r.Memory)
	for _, err := range r.Failures {
		fmt.Fprintf(&b, "failed: %v\n", err)
	}
	return b.String()
}

// Times are the durations of one kind of event. Goroutines may add to them at the
// same time.
type Times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (t *Times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all = append(t.all, d)
}

// Len returns how many there are.
func (t *Times) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.all)
}

// Quantile returns the smallest duration that the fraction q of all don't exceed, or 0
// if there are none.
func (t *Times) Quantile(q float64) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(t.all))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// Median returns the duration in the middle.
func (t *Times) Median() time.Duration { return t.Quantile(0.5) }

// Max returns the longest duration.
func (t *Times) Max() time.Duration { return t.Quantile(1) }
