package coursework

import (
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
)

// TestPackageLevelChannelsAndWaitGroupsWork: Go ties channels and wait groups to the
// bubble of synctest in which they are made, but right answers may declare them
// outside of any function.
func TestPackageLevelChannelsAndWaitGroupsWork(t *testing.T) {
	const count = `
type pool struct {
	jobs chan func()
	wg   sync.WaitGroup
}

func newPool(n int) *pool { return &pool{jobs: make(chan func(), n)} }

var (
	done           = make(chan bool)
	results        = map[string]chan int{"words": make(chan int)}
	list           = []chan int{make(chan int, 1), done2}
	first, second  = make(chan int), newPool(3)
	shared         struct {
		sync.Mutex
		wg sync.WaitGroup
	}
	all, other     sync.WaitGroup
	ctx, cancel    = context.WithCancel(context.Background())
	alias          = done
)

var done2 chan int = make(chan int,
	1)
var empty = map[string]chan int{}
var later chan bool

func Count(texts []string) map[string]int {
	defer cancel()
	later = make(chan bool)
	counts := map[string]int{}
	for _, text := range texts {
		all.Add(1)
		other.Add(1)
		shared.wg.Add(1)
		second.wg.Add(1)
		go func() {
			defer all.Done()
			defer other.Done()
			defer second.wg.Done()
			defer shared.wg.Done()
			shared.Lock()
			for word := range strings.FieldsSeq(text) {
				counts[word]++
			}
			shared.Unlock()
			done <- true
			second.jobs <- func() {}
			results["words"] <- 1
		}()
	}
	for range texts {
		<-alias
		<-second.jobs
		<-results["words"]
	}
	go func() { first <- 1; later <- true }()
	<-first
	<-later
	list[0] <- 1
	<-list[0]
	done2 <- 1
	<-list[1]
	wait(&all)
	other.Wait()
	shared.wg.Wait()
	second.wg.Wait()
	return counts
}

func wait(wg *sync.WaitGroup) { wg.Wait() }`
	c := openClass(t, map[string]map[string]string{"ada": {"count": count}})
	r := gradeClass(t, c, impatient)["ada"]
	e := r.Notebooks[0].Exercises[1]
	if e.Score != e.MaxScore {
		t.Errorf("got %g of %g points, want all: %q", e.Score, e.MaxScore, coursetest.Messages(r, "count"))
	}
	if !slices.ContainsFunc(e.Problems, func(p course.Problem) bool {
		return p.Kind == course.Note && p.Line == 10 && strings.Contains(p.Text, "done is declared outside of any function")
	}) {
		t.Errorf("got %v, want a note about done", e.Problems)
	}
}
