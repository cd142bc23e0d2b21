package similar

import (
	"testing"
)

const stub = `// Each calls f for each url, at most limit at a time.
func Each(ctx context.Context, urls []string, limit int, f func(context.Context, string) error) error {
	// YOUR CODE HERE
	panic("not implemented")
}`

const original = `type job struct {
	index int
	url   string
}

// Each calls f for each url, at most limit at a time.
func Each(ctx context.Context, urls []string, limit int, f func(context.Context, string) error) error {
	jobs := make(chan job)
	errs := make([]error, len(urls))
	var wg sync.WaitGroup
	for range limit {
		wg.Add(1)
		go work(ctx, &wg, jobs, errs, f)
	}
	for i, u := range urls {
		select {
		case jobs <- job{i, u}:
		case <-ctx.Done():
			errs[i] = ctx.Err()
		}
	}
	close(jobs)
	wg.Wait()
	return errors.Join(errs...)
}

func work(ctx context.Context, wg *sync.WaitGroup, jobs <-chan job, errs []error, f func(context.Context, string) error) {
	defer wg.Done()
	for j := range jobs {
		errs[j.index] = f(ctx, j.url)
	}
}`

// The same, with other names, order, format, comments, and a function that nobody calls.
const copied = `func helper(c context.Context, group *sync.WaitGroup, in <-chan item, failed []error, call func(context.Context, string) error) {
	defer group.Done() // when it is over
	for x := range in { failed[x.n] = call(c, x.address) }
}

/* my own solution */
func Each(
	c context.Context,
	list []string,
	most int,
	call func(context.Context, string) error,
) error {
	in := make(chan item); failed := make([]error, len(list))
	var group sync.WaitGroup
	for range most {
		group.Add(1)
		go helper(
			c,
			&group,
			in,
			failed,
			call,
		)
	}
	for n, a := range list {
		select {
		case in <- item{n, a}:
		case <-c.Done():
			failed[n] = c.Err()
		}
	}
	close(in)
	group.Wait()
	return errors.Join(failed...)
}

type item struct { n int; address string }

func unused(a, b int) int {
	if a > b {
		return a - b
	}
	return b*b + a
}`

// Honest answers of others.
const semaphore = `func Each(ctx context.Context, urls []string, limit int, f func(context.Context, string) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var all error
	slots := make(chan struct{}, limit)
	for _, u := range urls {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := f(ctx, u); err != nil {
				mu.Lock()
				all = errors.Join(all, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all
}`

const group = `func Each(ctx context.Context, urls []string, limit int, f func(context.Context, string) error) error {
	g, inner := errgroup.WithContext(ctx)
	g.SetLimit(limit)
	for _, u := range urls {
		if inner.Err() != nil {
			break
		}
		g.Go(func() error {
			if err := f(inner, u); err != nil {
				return fmt.Errorf("%s: %w", u, err)
			}
			return nil
		})
	}
	return g.Wait()
}`

const workers = `func Each(ctx context.Context, urls []string, limit int, f func(context.Context, string) error) error {
	in, out := make(chan string), make(chan error)
	var wg sync.WaitGroup
	for i := 0; i < limit; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for u := range in {
				out <- f(ctx, u)
			}
		}()
	}
	go func() {
		for _, u := range urls {
			in <- u
		}
		close(in)
		wg.Wait()
		close(out)
	}()
	var result error
	for err := range out {
		result = errors.Join(result, err)
	}
	return result
}`

func TestCopiesAreFoundAndHonestAnswersAreNot(t *testing.T) {
	answers := []Answer{{Whose: "ada", Text: original}, {Whose: "bob", Text: copied}, {Whose: "cleo", Text: semaphore}, {Whose: "dan", Text: group}, {Whose: "eve", Text: workers}}
	for _, p := range Compare(answers, []string{stub}, 0) {
		isCopy := p.A == "ada" && p.B == "bob"
		t.Logf("%s and %s: %.0f %%, %d shared", p.A, p.B, 100*p.Similarity, p.Shared)
		if isCopy && p.Similarity < 0.9 || !isCopy && p.Similarity > 0.5 {
			t.Errorf("%s and %s: got a similarity of %.2f", p.A, p.B, p.Similarity)
		}
		if isCopy && (len(p.LinesA) == 0 || p.LinesB[0].First != 1) {
			t.Errorf("got the lines %v and %v, want those of the copied part", p.LinesA, p.LinesB)
		}
	}
	if pairs := Compare(answers, []string{stub}, 0.8); len(pairs) != 1 {
		t.Errorf("got %d pairs, want ada and bob only", len(pairs))
	}
}

func TestWhatStudentsWereGivenDoesntCount(t *testing.T) {
	answers := []Answer{{Whose: "ada", Text: original}, {Whose: "bob", Text: "// mine\n" + original}}
	if pairs := Compare(answers, []string{stub, original}, 0); len(pairs) > 0 {
		t.Errorf("got %+v, want nothing that was given", pairs)
	}
	untouched := []Answer{{Whose: "ada", Text: stub}, {Whose: "bob", Text: stub}}
	if pairs := Compare(untouched, []string{stub}, 0); len(pairs) > 0 {
		t.Errorf("unchanged answers: got %+v, want none", pairs)
	}
	if pairs := Compare(untouched, nil, 0); len(pairs) != 0 && pairs[0].Shared < Least {
		t.Errorf("short answers: got %+v, want none", pairs)
	}
}

func TestEarlierYearsAreNotComparedWithEachOther(t *testing.T) {
	answers := []Answer{{Whose: "ada", Text: original}, {Whose: "2024/x", Earlier: true, Text: copied}, {Whose: "2025/y", Earlier: true, Text: original}}
	pairs := Compare(answers, nil, 0.8)
	if len(pairs) != 2 || pairs[0].A != "ada" || pairs[1].A != "ada" {
		t.Errorf("got %+v, want ada with each of the earlier ones", pairs)
	}
}

// The paper's example: 5-grams with these hashes, in windows of 4.
func TestFingerprintsAreThoseOfThePaper(t *testing.T) {
	var all []gram
	for _, h := range []uint64{77, 74, 42, 17, 98, 50, 17, 98, 8, 88, 67, 39, 77, 74, 42, 17, 98} {
		all = append(all, gram{hash: h})
	}
	var got []uint64
	for _, g := range winnow(all) {
		got = append(got, g.hash)
	}
	want := []uint64{17, 17, 8, 39, 17}
	if len(got) != len(want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func FuzzAnAnswerIsEqualToItselfInEveryForm(f *testing.F) {
	f.Add(original)
	f.Add("func f( {\n\x00\xff`")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range Compare([]Answer{{Whose: "a", Text: text}, {Whose: "b", Text: text}}, nil, 0) {
			if p.Similarity != 1 {
				t.Errorf("got a similarity of %v, want 1", p.Similarity)
			}
		}
	})
}
