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
)

func TestMapKeepsTheOrderOfTheInputs(t *testing.T) {
	p := newPool(t, 3)
	for _, n := range []int{0, 1, 2, 1000, 5000} {
		for _, chunk := range []int{1, 7, 10000} {
			got, err := Collect(double.Map(t.Context(), p, slices.Values(numbers(n)), Chunk(chunk)))
			if err != nil || len(got) != n {
				t.Fatalf("%d inputs in chunks of %d: %d results, %v", n, chunk, len(got), err)
			}
			for i, r := range got {
				if r != 2*i {
					t.Fatalf("%d inputs in chunks of %d: result %d is %d", n, chunk, i, r)
				}
			}
		}
	}
}

func TestMapHoldsResultsBackUntilTheirTurn(t *testing.T) {
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
	eventually(t, "two tasks are done", func() bool { return done(p) == 2 })
	select {
	case n := <-first:
		t.Errorf("result %d has come before the first one", n)
	default:
	}
	os.WriteFile(file, nil, 0o600)
	if n := <-first; n != 0 {
		t.Errorf("the first result is %d, want 0", n)
	}
	for i := 1; i < 3; i++ {
		if n, err, ok := next(); n != i || err != nil || !ok {
			t.Errorf("result %d: %d, %v, %v", i, n, err, ok)
		}
	}
}

func done(p *Pool) (done int) {
	for _, w := range p.Workers() {
		done += w.Done
	}
	return done
}

func TestAsCompletedYieldsWhatIsDoneFirst(t *testing.T) {
	p := newPool(t, 2)
	file := filepath.Join(t.TempDir(), "file")
	inputs := []order{{0, "wait for file", file}, {1, "work", ""}, {2, "fail", ""}}
	var order []int
	for r, err := range obey.AsCompleted(t.Context(), p, slices.Values(inputs)) {
		if (err != nil) != (r.Input.How == "fail") || r.Input != inputs[r.Index] {
			t.Errorf("%+v: %v", r, err)
		}
		if err == nil && (r.Output != r.Index || !strings.HasPrefix(r.Worker, "worker-")) {
			t.Errorf("%+v", r)
		}
		if order = append(order, r.Index); len(order) == 2 {
			os.WriteFile(file, nil, 0o600)
		}
	}
	if !slices.Equal(order, []int{1, 2, 0}) {
		t.Errorf("the order was %v", order)
	}
}

func TestATaskThatTakesLongHoldsUpNoOther(t *testing.T) {
	// Far more are sent ahead to its worker than it can do.
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
			t.Errorf("it ended after %d others", others)
		}
	}
}

func TestAnErrorComesInItsPlaceAndTheOthersGoOn(t *testing.T) {
	p := newPool(t, 2)
	before := p.Workers()
	inputs := []order{{0, "work", ""}, {1, "fail", ""}, {2, "work", ""}, {3, "fail long", ""}, {4, "nothing", ""}}
	i := 0
	for n, err := range obey.Map(t.Context(), p, slices.Values(inputs)) {
		switch i {
		case 0, 2:
			if err != nil || n != i {
				t.Errorf("result %d: %d, %v", i, n, err)
			}
		default:
			failed, ok := errors.AsType[*TaskError](err)
			if !ok || failed.Task != "obey" || failed.Input != inputs[i].String() || failed.Worker == "" || errors.Is(err, ErrCrashed) || n != 0 {
				t.Errorf("result %d: %d, %.200v", i, n, err)
			}
			if len(err.Error()) > maxText+1000 {
				t.Errorf("result %d: an error of %d bytes", i, len(err.Error()))
			}
		}
		i++
	}
	if i != len(inputs) {
		t.Errorf("%d results", i)
	}
	for j, w := range p.Workers() {
		if w.PID != before[j].PID {
			t.Error("an error has cost a worker")
		}
	}
}

func TestErrorsReadWell(t *testing.T) {
	p := newPool(t, 1)
	_, err := obey.Submit(t.Context(), p, order{7, "fail", ""}).Wait(t.Context())
	if want := "procpool: obey(fail 7) on worker-1: no luck"; err == nil || err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestRunStartsAndEndsAPool(t *testing.T) {
	got, err := double.Run(t.Context(), 2, slices.Values(numbers(3)))
	if !slices.Equal(got, []int{0, 2, 4}) || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := obey.Run(t.Context(), 2, slices.Values([]order{{0, "work", ""}, {1, "fail", ""}})); got != nil || err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := double.Run(t.Context(), 0, slices.Values(numbers(3))); err == nil {
		t.Error("no error for no workers")
	}
}

func TestErrorsTellTheirInputInFewWords(t *testing.T) {
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
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestCollectReturnsTheFirstError(t *testing.T) {
	p := newPool(t, 2)
	inputs := []order{{0, "work", ""}, {1, "fail", ""}, {2, "work", ""}}
	if all, err := Collect(obey.Map(t.Context(), p, slices.Values(inputs))); all != nil || err == nil || !strings.Contains(err.Error(), "no luck") {
		t.Errorf("%v, %v", all, err)
	}
}

// endless yields numbers until nobody wants more, and counts them.
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
				t.Fatal(n, err)
			}
			yielded++
			if drawn > yielded+2*max(feedMost, feedFirst*chunk)+chunk {
				t.Fatalf("%d inputs drawn for %d results", drawn, yielded)
			}
			if yielded == 3000 {
				break
			}
		}
	}
	eventually(t, "nothing is under way", func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.open == 0
	})
}

func TestABodyMayUseThePool(t *testing.T) {
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
		t.Errorf("%d, want %d", sum, want)
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
					err = fmt.Errorf("2 * %d = %d", inputs[i], got[i])
				}
			}
			if err == nil && len(got) != len(inputs) {
				err = fmt.Errorf("%d results", len(got))
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

func TestAPanicOfTheCallersInputsReachesTheCaller(t *testing.T) {
	p := newPool(t, 2)
	func() {
		defer func() {
			if r := recover(); r != "no more" {
				t.Errorf("recovered %v", r)
			}
		}()
		for range double.Map(t.Context(), p, func(yield func(int) bool) {
			yield(1)
			panic("no more")
		}) {
		}
	}()
	if n, err := double.Submit(t.Context(), p, 4).Wait(t.Context()); n != 8 || err != nil {
		t.Errorf("afterwards: %d, %v", n, err)
	}
}

func TestChunksOfInputsMayBeInputs(t *testing.T) {
	p := newPool(t, 2)
	var sizes []int
	for n, err := range length.Map(t.Context(), p, slices.Chunk(make([]byte, 23), 5)) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, n)
	}
	if !slices.Equal(sizes, []int{5, 5, 5, 5, 3}) {
		t.Errorf("sizes %v", sizes)
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
		t.Errorf("%d processes did the work", len(uses))
	}
	for pid, counts := range uses {
		slices.Sort(counts)
		if counts[0] != 1 || counts[len(counts)-1] != len(counts) {
			t.Errorf("process %d: uses of its session were counted %v", pid, counts)
		}
	}
}

func TestAnInitializerThatFailsFailsTheTask(t *testing.T) {
	t.Setenv("PROCPOOL_TEST_FAIL", filepath.Join(t.TempDir(), "failed"))
	p := newPool(t, 1)
	_, err := session.Submit(t.Context(), p, true).Wait(t.Context())
	if want := `procpool: session(true) on worker-1: initialize: no session today`; err == nil || err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if r, err := session.Submit(t.Context(), p, false).Wait(t.Context()); r[1] != 1 || err != nil {
		t.Errorf("the next one: %v, %v", r, err)
	}
}

func TestAFuturesResultCanBeHadAnyNumberOfTimes(t *testing.T) {
	p := newPool(t, 1)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	file := filepath.Join(t.TempDir(), "file")
	f := obey.Submit(t.Context(), p, order{5, "wait for file", file})
	select {
	case <-f.Done():
		t.Error("done before it can be")
	default:
	}
	if _, err := f.Wait(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait with an ended context: %v", err)
	}
	os.WriteFile(file, nil, 0o600)
	<-f.Done()
	for _, ctx := range []context.Context{t.Context(), ended} {
		if n, err := f.Wait(ctx); n != 5 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
}
