package procpool

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/base/leaktest"
)

func TestMapKeepsTheOrderOfTheInputs(t *testing.T) {
	p := newPool(t, 3)
	for _, n := range []int{0, 1, 2, 1000, 5000} {
		for _, chunk := range []int{1, 7, 10000} {
			got, err := Collect(double.Map(t.Context(), p, slices.Values(numbers(n)), Chunk(chunk)))
			if err != nil || len(got) != n {
				t.Fatalf("%d inputs in chunks of %d: got %d results, %v; want %[1]d", n, chunk, len(got), err)
			}
			for i, r := range got {
				if r != 2*i {
					t.Fatalf("%d inputs in chunks of %d: result %d is %d, want %d", n, chunk, i, r, 2*i)
				}
			}
		}
	}
}

func TestMapYieldsResultsInOrder(t *testing.T) {
	p := newPool(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	inputs := []order{{0, "wait for file", file}, {1, "work", ""}, {2, "work", ""}}
	next, stop := iter.Pull2(obey.Map(t.Context(), p, slices.Values(inputs)))
	defer stop()
	first := make(chan int)
	go func() {
		n, _, _ := next()
		first <- n
	}()
	leaktest.Wait(t, "two tasks are done", func() bool { return done(p) == 2 })
	select {
	case n := <-first:
		t.Errorf("result %d came before the first one", n)
	default:
	}
	os.WriteFile(file, nil, 0o600)
	if n := <-first; n != 0 {
		t.Errorf("the first result is %d, want 0", n)
	}
	for i := 1; i < 3; i++ {
		if n, err, ok := next(); n != i || err != nil || !ok {
			t.Errorf("result %d: got %d, %v, %v; want no error", i, n, err, ok)
		}
	}
}

func done(p *Pool) (done int) {
	for _, w := range p.Workers() {
		done += w.Done
	}
	return done
}

func TestAsCompletedYieldsResultsAsTheyArrive(t *testing.T) {
	p := newPool(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	inputs := []order{{0, "wait for file", file}, {1, "work", ""}, {2, "fail", ""}}
	var order []int
	for r, err := range obey.AsCompleted(t.Context(), p, slices.Values(inputs)) {
		if (err != nil) != (r.Input.How == "fail") || r.Input != inputs[r.Index] {
			t.Errorf("got %+v with error %v, want an error only for a task that fails", r, err)
		}
		if err == nil && (r.Output != r.Index || !strings.HasPrefix(r.Worker, "worker-")) {
			t.Errorf("got %+v, want its index as output, and a worker", r)
		}
		if order = append(order, r.Index); len(order) == 2 {
			os.WriteFile(file, nil, 0o600)
		}
	}
	if !slices.Equal(order, []int{1, 2, 0}) {
		t.Errorf("got the order %v, want [1 2 0]", order)
	}
}

func TestALongTaskDelaysNoOther(t *testing.T) {
	// Far more tasks are sent ahead to the worker than it can do.
	p := newPool(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	inputs := []order{{0, "wait for file", file}}
	for n := range 200 {
		inputs = append(inputs, order{n + 1, "work", ""})
	}
	others := 0
	for r, err := range obey.AsCompleted(t.Context(), p, slices.Values(inputs)) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Index > 0 {
			if others++; others == 200 {
				os.WriteFile(file, nil, 0o600)
			}
		} else if others != 200 {
			t.Errorf("the long task ended after %d others, want 200", others)
		}
	}
}

func TestAnErrorTakesThePlaceOfItsResult(t *testing.T) {
	p := newPool(t, 2)
	before := p.Workers()
	inputs := []order{{0, "work", ""}, {1, "fail", ""}, {2, "work", ""}, {3, "fail long", ""}, {4, "nothing", ""}}
	i := 0
	for n, err := range obey.Map(t.Context(), p, slices.Values(inputs)) {
		switch i {
		case 0, 2:
			if err != nil || n != i {
				t.Errorf("result %d: got %d, %v; want %[1]d", i, n, err)
			}
		default:
			failed, ok := errors.AsType[*TaskError](err)
			if !ok || failed.Task != "obey" || failed.Input != inputs[i].String() || failed.Worker == "" || errors.Is(err, ErrCrashed) || n != 0 {
				t.Errorf("result %d: got %d, %.200v; want a TaskError without a crash", i, n, err)
			}
			if len(err.Error()) > maxText+1000 {
				t.Errorf("result %d: the error has %d bytes, want at most %d", i, len(err.Error()), maxText+1000)
			}
		}
		i++
	}
	if i != len(inputs) {
		t.Errorf("got %d results, want %d", i, len(inputs))
	}
	for j, w := range p.Workers() {
		if w.PID != before[j].PID {
			t.Error("a worker was replaced after an error")
		}
	}
}

func TestAnErrorNamesTaskInputAndWorker(t *testing.T) {
	p := newPool(t, 1)
	_, err := obey.Submit(t.Context(), p, order{7, "fail", ""}).Wait(t.Context())
	if want := "procpool: obey(fail 7) on worker-1: no luck"; err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestRunStartsAndEndsAPool(t *testing.T) {
	got, err := double.Run(t.Context(), 2, slices.Values(numbers(3)))
	if !slices.Equal(got, []int{0, 2, 4}) || err != nil {
		t.Errorf("got %v, %v; want [0 2 4]", got, err)
	}
	if got, err := obey.Run(t.Context(), 2, slices.Values([]order{{0, "work", ""}, {1, "fail", ""}})); got != nil || err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("got %v, %v; want the task's error", got, err)
	}
	if _, err := double.Run(t.Context(), 0, slices.Values(numbers(3))); err == nil {
		t.Error("Run with 0 workers succeeded, want an error")
	}
}

func TestErrorsShortenTheirInput(t *testing.T) {
	for want, input := range map[string]any{
		"7":                                   7,
		`"a"`:                                 "a",
		`"` + strings.Repeat("ä", 40) + `…"`:  strings.Repeat("ä", 1000),
		"[1 2]":                               []int{1, 2},
		"[]int of 1000000":                    make([]int, 1_000_000),
		"work 3":                              order{N: 3, How: "work"},
		"{N:1}":                               struct{ N int }{1},
		"{S:" + strings.Repeat("x", 77) + "…": struct{ S string }{strings.Repeat("x", 100)},
	} {
		if got := describe(input); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestCollectReturnsTheFirstError(t *testing.T) {
	p := newPool(t, 2)
	inputs := []order{{0, "work", ""}, {1, "fail", ""}, {2, "work", ""}}
	if all, err := Collect(obey.Map(t.Context(), p, slices.Values(inputs))); all != nil || err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("got %v, %v; want the task's error", all, err)
	}
}

// endless yields numbers without end and counts them.
func endless(drawn *int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for n := 0; yield(n); n++ {
			*drawn++
		}
	}
}

func TestInputsAreDrawnAsTheyAreNeeded(t *testing.T) {
	p := newPool(t, 2)
	for _, chunk := range []int{1, 100} {
		drawn, yielded := 0, 0
		for n, err := range double.Map(t.Context(), p, endless(&drawn), Chunk(chunk)) {
			if err != nil || n != 2*yielded {
				t.Fatalf("got %d, %v; want %d", n, err, 2*yielded)
			}
			yielded++
			if drawn > yielded+2*max(feedMost, feedFirst*chunk)+chunk {
				t.Fatalf("%d inputs drawn for %d results, want fewer", drawn, yielded)
			}
			if yielded == 3000 {
				break
			}
		}
	}
	leaktest.Wait(t, "no work is left", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.open == 0
	})
}

func TestALoopOverResultsMayUseThePool(t *testing.T) {
	p := newPool(t, 1)
	sum := 0
	for n, err := range double.Map(t.Context(), p, slices.Values(numbers(300))) {
		if err != nil {
			t.Fatal(err)
		}
		m, err := double.Submit(t.Context(), p, n).Wait(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		sum += m
	}
	if want := 4 * 300 * 299 / 2; sum != want {
		t.Errorf("got %d, want %d", sum, want)
	}
}

func TestManyCallsShareAPool(t *testing.T) {
	p := newPool(t, 2)
	errs := make(chan error)
	for caller := range 20 {
		go func() {
			var inputs []int
			for i := range 200 {
				inputs = append(inputs, 1000*caller+i)
			}
			got, err := Collect(double.Map(t.Context(), p, slices.Values(inputs), Chunk(caller%3)))
			for i := range got {
				if got[i] != 2*inputs[i] {
					err = fmt.Errorf("got 2 * %d = %d", inputs[i], got[i])
				}
			}
			if err == nil && len(got) != len(inputs) {
				err = fmt.Errorf("got %d results, want %d", len(got), len(inputs))
			}
			errs <- err
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestAPanicInTheInputsReachesTheCaller(t *testing.T) {
	p := newPool(t, 2)
	func() {
		defer func() {
			if r := recover(); r != "no more" {
				t.Errorf("recovered %v, want no more", r)
			}
		}()
		for range double.Map(t.Context(), p, func(yield func(int) bool) {
			yield(1)
			panic("no more")
		}) {
		}
	}()
	if n, err := double.Submit(t.Context(), p, 4).Wait(t.Context()); n != 8 || err != nil {
		t.Errorf("the next task: got %d, %v; want 8", n, err)
	}
}

func TestAnInputMayBeAChunk(t *testing.T) {
	p := newPool(t, 2)
	var sizes []int
	for n, err := range length.Map(t.Context(), p, slices.Chunk(make([]byte, 23), 5)) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	if !slices.Equal(sizes, []int{5, 5, 5, 5, 3}) {
		t.Errorf("got sizes %v, want [5 5 5 5 3]", sizes)
	}
}

func TestAnInitializerRunsOnceInEachWorker(t *testing.T) {
	p := newPool(t, 2)
	uses := map[int][]int{}
	results, err := Collect(session.Map(t.Context(), p, slices.Values(make([]bool, 300))))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		uses[r[0]] = append(uses[r[0]], r[1])
	}
	if len(uses) != 2 {
		t.Errorf("%d processes did the work, want 2", len(uses))
	}
	for pid, counts := range uses {
		slices.Sort(counts)
		if counts[0] != 1 || counts[len(counts)-1] != len(counts) {
			t.Errorf("process %d: the uses of its session are %v, want 1 to their number", pid, counts)
		}
	}
}

func TestAnInitializerThatFailsFailsTheTask(t *testing.T) {
	t.Setenv("PROCPOOL_TEST_FAIL", filepath.Join(t.TempDir(), "failed"))
	p := newPool(t, 1)
	_, err := session.Submit(t.Context(), p, true).Wait(t.Context())
	if want := `procpool: session(true) on worker-1: initialize: no session today`; err == nil || err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
	if r, err := session.Submit(t.Context(), p, false).Wait(t.Context()); r[1] != 1 || err != nil {
		t.Errorf("the next task: got %v, %v; want 1 use", r, err)
	}
}

func TestAFuturesResultCanBeReadRepeatedly(t *testing.T) {
	p := newPool(t, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "file")
	f := obey.Submit(t.Context(), p, order{5, "wait for file", file})
	select {
	case <-f.Done():
		t.Error("the future is done before its task")
	default:
	}
	if _, err := f.Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with a cancelled context: got error %v, want context.Canceled", err)
	}
	os.WriteFile(file, nil, 0o600)
	<-f.Done()
	for _, ctx := range []context.Context{t.Context(), ended} {
		if n, err := f.Wait(ctx); n != 5 || err != nil {
			t.Errorf("got %d, %v; want 5", n, err)
		}
	}
}
