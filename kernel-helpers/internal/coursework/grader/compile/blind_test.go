package compile

import (
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
)

func TestAssertionsOfABlindTestKeepNothingThatIsWanted(t *testing.T) {
	text := `%test
import "example.com/probe"

func TestX(t *testing.T) {
	probe.Run(t, func(t *testing.T, p *probe.Probe) {
		want := []int{7001}
		got := X(func(name string) { p.Call(t.Context(), name, 100*ms, nil) })
		for _, name := range []string{"a", "b"} {
			p.Times(name, 7002)
		}
		p.Times("a", 7003)
		p.Began("a",
			7004, 7005)
		probe.Results(t, got, []int{
			7006,
		})
		probe.Equal(t, "the sum", sum(got), 7007)
		probe.Results(t, got, want)
		p.NoneLeft() // line 19
		probe.KeptErrors(t, err, errX)
	})
}
`
	c := blind(course.Code{Cell: "x-tests", Text: text}, "example.com/probe")
	// A loop's variable and want have no other uses, which Go refuses.
	for _, kept := range []string{"7001", `p.Seen("Times"); _ = name`, `p.Seen("Times")`, `p.Seen("Began")`, "probe.SeenResults(t, got)", `probe.SeenEqual(t, "the sum", sum(got))`, "probe.Results(t, got, want)", `p.Seen("NoneLeft") // line 19`, "probe.SeenKeptErrors(t, err, errX)"} {
		if !strings.Contains(c.Text, kept) {
			t.Errorf("got no %s, want it in\n%s", kept, c.Text)
		}
	}
	for _, cut := range []string{"7002", "7003", "7004", "7005", "7006", "7007"} {
		if strings.Contains(c.Text, cut) {
			t.Errorf("got the wanted value %s, want it cut out of\n%s", cut, c.Text)
		}
	}
	if got := strings.Split(c.Text, "\n")[18]; !strings.Contains(got, "line 19") {
		t.Errorf("got line 19 %q, want it unmoved in\n%s", got, c.Text)
	}
	if _, _, err := c.Parse(0); err != nil {
		t.Errorf("got %v, want Go code:\n%s", err, c.Text)
	}
}

func TestATestTellsOfTheConditionsUnderWhichItFails(t *testing.T) {
	text := `%test
import "example.com/probe"

func TestX(t *testing.T) {
	if n := X(); n != 7 {
		t.Errorf("got %d, want 7", n)
	} else if n == 8 || n == 9 {
		t.Fatal("no")
	} else if n == 10 {
		t.Log("ten")
	}
	for i := range 10 {
		if i > 10 {
			t.Error(i)
		}
	}
}
`
	got := observed(course.Code{Cell: "x-tests", Text: text}, "example.com/probe").Text
	want := strings.NewReplacer("n != 7 {", "probe.Condition(t, n != 7) {", "n == 8 || n == 9", "probe.Condition(t, n == 8 || n == 9)").Replace(text)
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
