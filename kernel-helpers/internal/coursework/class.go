package coursework

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/roster"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// Results reads the results of an assignment, sorted by student, without those of
// students who are not on the roster.
func (c *Course) Results(assignment string) ([]course.Result, error) {
	results, err := c.Folder.Results(assignment)
	return c.membersOnly(results), err
}

// AllResults reads the results of the named assignments, or of all if none is named,
// as [Course.Results] does.
func (c *Course) AllResults(assignments ...string) ([]course.Result, error) {
	results, err := c.Folder.AllResults(assignments...)
	return c.membersOnly(results), err
}

func (c *Course) membersOnly(results []course.Result) []course.Result {
	return slices.DeleteFunc(results, func(r course.Result) bool { return !c.Roster.Has(r.Student) })
}

// submitter is whose submission counts for some students: for itself, for a group,
// or, if from is "", for those who handed nothing in.
type submitter struct {
	from    string
	members []string
	others  []string // members whose own submission doesn't count
}

// submitters returns whose submissions are to be graded. If students are named, it
// returns only what concerns them, and fails if there is nothing to grade for one.
func (c *Course) submitters(assignment string, named []string, notice func(string)) (list []submitter, err error) {
	if c.Roster == nil {
		students, err := c.Students(assignment, named, notice)
		for _, s := range students {
			list = append(list, submitter{from: s, members: []string{s}})
		}
		return list, err
	}
	handedIn, err := c.HandedIn(assignment, notice)
	if err != nil {
		return nil, err
	}
	for _, s := range handedIn {
		if !c.Roster.Has(s) {
			remedy := "to grade it, add a line to " + roster.File
			if other, found := c.Roster.Find(s, ""); found {
				remedy = fmt.Sprintf("if it is %s's, rename the folder in submitted/", other)
			}
			notice(fmt.Sprintf("%s handed in %s, but is not on the roster: %s", untrusted.Clean(s), assignment, remedy))
		}
	}
	wanted := c.Roster.Names()
	for _, s := range named {
		if !c.Roster.Has(s) {
			return nil, fmt.Errorf("%s is not on the roster: add a line to %s", untrusted.Clean(s), filepath.Join(c.Dir, roster.File))
		}
	}
	if len(named) > 0 {
		wanted = named
	}
	byFrom := map[string]*submitter{}
	for _, student := range wanted {
		from, others := c.counts(assignment, c.Roster.Members(student), handedIn)
		if byFrom[from] == nil {
			byFrom[from] = &submitter{from: from}
		}
		one := byFrom[from]
		if !slices.Contains(one.members, student) {
			one.members = append(one.members, student)
		}
		one.others = others
	}
	for _, from := range slices.Sorted(maps.Keys(byFrom)) {
		list = append(list, *byFrom[from])
	}
	return list, nil
}

// counts returns whose submission counts for a group: the last one. others handed in
// as well.
func (c *Course) counts(assignment string, members, handedIn []string) (from string, others []string) {
	have := slices.DeleteFunc(slices.Clone(members), func(s string) bool { return !slices.Contains(handedIn, s) })
	if len(have) == 0 {
		return "", nil
	}
	from = slices.MaxFunc(have, func(a, b string) int {
		return cmp.Or(c.SubmittedAt(a, assignment).Compare(c.SubmittedAt(b, assignment)), strings.Compare(b, a))
	})
	return from, slices.DeleteFunc(have, func(s string) bool { return s == from })
}
