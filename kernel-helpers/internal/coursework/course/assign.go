package course

import (
	"maps"
	"slices"
	"strings"
)

// part is a submitted cell whose grade_id or text says which cell of the course it
// was.
type part struct {
	source string
	kind   string
	intact bool // as handed out, by its checksum
}

// assign finds out which submitted cell is which of the course's.
func (s *Submitted) assign(cells []submittedCell, nb *Notebook) {
	byID, byGradeID, byText := map[string]int{}, map[string]int{}, map[string]int{}
	for i, c := range slices.Backward(nb.Cells) {
		if c.GradeID != "" {
			byGradeID[c.GradeID] = i
			continue
		}
		byText[trimLines(c.Source)] = i
		if c.ID != "" {
			byID[c.ID] = i
		}
	}
	parts := map[int][]part{}
	at := -1
	for _, cell := range cells {
		if i, found := byGradeID[cell.gradeID]; found && cell.gradeID != "" {
			at = i
			parts[i] = append(parts[i], part{cell.source, cell.kind, cell.intact})
			continue
		}
		if i, found := byText[trimLines(cell.source)]; found {
			at = i
			continue
		}
		if i, found := byID[cell.id]; found && cell.gradeID == "" && cell.id != "" && nb.Cells[i].Type == cell.kind {
			if _, twice := s.changed[cell.id]; !twice {
				at = i
				s.changed[cell.id] = cell.source
				continue
			}
		}
		s.extra[at] = append(s.extra[at], extraCell{code: cell.kind == "code" || cell.kind == "", source: cell.source})
	}
	for i, c := range nb.Cells {
		switch c.Role {
		case Locked:
			s.checkLocked(c, parts[i])
		case Answer:
			s.takeAnswer(nb, i, parts[i])
		case Written:
			s.takeWritten(nb, i, parts[i])
		}
	}
	for i, c := range nb.Cells { // when all marked answers have been taken
		if c.Role == Answer {
			s.guessAnswer(nb, i, parts)
		}
	}
	s.trimAnswers(nb)
}

// checkLocked reports what happened to a cell of the course.
func (s *Submitted) checkLocked(c SourceCell, parts []part) {
	if len(parts) == 0 {
		s.note(c.GradeID, "this locked cell was deleted; the course's own is used")
		return
	}
	if len(parts) > 1 {
		s.note(c.GradeID, "the notebook has this cell twice; the course's own is used")
	}
	want := Code{Text: c.Source}.WithoutHidden().Text
	// A teacher may have changed the cell since it was handed out.
	if !parts[0].intact && !SameText(parts[0].source, want) && !SameText(parts[0].source, c.Source) {
		s.note(c.GradeID, "this locked cell was changed; the course's own is used")
	}
}

// distinct returns the different texts of parts, without those that are empty or
// as handed out unless there is no other.
func distinct(parts []part, stub string) (texts []string) {
	for _, p := range parts {
		same := func(text string) bool { return SameText(text, p.source) }
		if !SameText(p.source, stub) && strings.TrimSpace(p.source) != "" && !slices.ContainsFunc(texts, same) {
			texts = append(texts, p.source)
		}
	}
	if len(texts) == 0 && len(parts) > 0 {
		texts = []string{parts[0].source}
	}
	return texts
}

// takeAnswer finds the answer in code to a cell.
func (s *Submitted) takeAnswer(nb *Notebook, at int, parts []part) {
	c := nb.Cells[at]
	texts := distinct(parts, c.Source)
	for i, text := range texts {
		if cut, merged := cutKnown(text, nb); merged {
			texts[i] = cut
			s.check(c.GradeID, "this answer was merged with cells of the course, whose text was taken out of it")
		}
	}
	if slices.ContainsFunc(parts, func(p part) bool { return p.kind != "code" && p.kind != "" }) {
		s.check(c.GradeID, "this answer is no longer a code cell; its text is graded as code")
	}
	switch {
	case len(texts) == 0: // guessAnswer may find it elsewhere
	case len(texts) == 1:
		s.cells[c.GradeID] = texts[0]
		if len(parts) > 1 {
			s.note(c.GradeID, "the notebook has this answer twice, with the same text")
		}
		s.completeAnswer(nb, at)
	case areParts(texts):
		s.cells[c.GradeID] = strings.Join(texts, "\n\n")
		s.check(c.GradeID, "this answer was split into several cells, which are graded together")
	default:
		last := texts[len(texts)-1]
		s.cells[c.GradeID] = last
		s.check(c.GradeID, "the notebook has this answer twice with different texts; the lower one is graded")
		for _, text := range texts[:len(texts)-1] {
			s.extra[at] = append(s.extra[at], extraCell{code: true, source: text, spent: true})
		}
	}
}

// areParts reports whether texts together are one answer: they parse, and don't
// declare a name twice.
func areParts(texts []string) bool {
	if _, parses := parseable(strings.Join(texts, "\n\n")); !parses {
		return false
	}
	seen := map[string]bool{}
	for _, text := range texts {
		names, parses := parseable(text)
		if !parses {
			return true // each a part of what parses as a whole
		}
		for name := range names {
			if seen[name] {
				return false
			}
			seen[name] = true
		}
	}
	return true
}

// cutKnown takes the texts of the course's own cells out of an answer.
func cutKnown(text string, nb *Notebook) (string, bool) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	merged := false
	for _, c := range nb.Cells {
		known := strings.TrimSpace(Code{Text: c.Source}.WithoutHidden().Text)
		const short = 40 // bytes; a shorter text may be the student's own
		if known == "" || c.Role != Locked && (c.Role != Explained || len(known) < short) {
			continue
		}
		before, after, found := strings.Cut("\n"+text+"\n", "\n"+known+"\n")
		if found {
			text, merged = strings.TrimPrefix(before, "\n")+"\n"+after, true
		}
	}
	return text, merged
}

// guessAnswer looks for an answer that isn't in its cell: because the cell was
// deleted, lost its mark, is as it was handed out, or has something else. A cell
// that declares what the answer has to declare is taken for it: one of the student's
// own, or one of the course's that has the answer too.
func (s *Submitted) guessAnswer(nb *Notebook, at int, parts map[int][]part) {
	c := nb.Cells[at]
	wanted := answerNames(nb, c.GradeID)
	have, found := s.cells[c.GradeID]
	names, parses := parseable(have)
	if found && !SameText(have, c.Source) && (!parses || names == nil || overlaps(wanted, names)) {
		return
	}
	why := "this answer cell was deleted or lost its mark; another cell that declares the same is graded"
	if found {
		why = "this answer cell does not have the answer; another cell that declares it is graded"
	}
	fits := func(text string) (string, bool) {
		text, _ = cutKnown(text, nb)
		names, parses := parseable(text)
		return text, parses && overlaps(wanted, names) && !SameText(text, c.Source)
	}
	for _, place := range sortedKeys(s.extra) {
		for i := range s.extra[place] {
			x := &s.extra[place][i]
			if text, fit := fits(x.source); fit && !x.spent {
				x.spent = true
				s.cells[c.GradeID] = text
				s.check(c.GradeID, why)
				return
			}
		}
	}
	var others []string
	for _, place := range sortedKeys(parts) {
		for _, p := range parts[place] {
			if place != at {
				others = append(others, p.source)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.changed)) {
		others = append(others, s.changed[id])
	}
	for _, other := range others {
		if text, fit := fits(other); fit {
			s.cells[c.GradeID] = text
			s.check(c.GradeID, "this answer is in the cell of another one, and is graded from there")
			return
		}
	}
}

// completeAnswer adds the cells above and below an answer that was split and whose
// other parts lost their marks.
func (s *Submitted) completeAnswer(nb *Notebook, at int) {
	c := nb.Cells[at]
	text := s.cells[c.GradeID]
	wanted := answerNames(nb, c.GradeID)
	whole := func(text string) bool {
		names, parses := parseable(text)
		return parses && (names == nil || contains(names, wanted))
	}
	if whole(text) || SameText(text, c.Source) {
		return
	}
	below := s.extra[at]
	above := s.extra[at-1]
	for from := len(above); from >= 0; from-- {
		head := text
		for _, x := range slices.Backward(above[from:]) {
			head = x.source + "\n\n" + head
		}
		for to := 0; to <= len(below); to++ {
			all := head
			for _, x := range below[:to] {
				all += "\n\n" + x.source
			}
			if !whole(all) || slices.ContainsFunc(slices.Concat(above[from:], below[:to]), func(x extraCell) bool { return x.spent }) {
				continue
			}
			for i := range above[from:] {
				above[from+i].spent = true
			}
			for i := range below[:to] {
				below[i].spent = true
			}
			s.cells[c.GradeID] = all
			s.check(c.GradeID, "this answer was split into several cells, which are graded together")
			return
		}
	}
}

// takeWritten finds the text of an answer that a person grades.
func (s *Submitted) takeWritten(nb *Notebook, at int, parts []part) {
	c := nb.Cells[at]
	texts := distinct(parts, c.Source)
	if slices.ContainsFunc(parts, func(p part) bool { return p.kind != c.Type && p.kind != "" }) {
		s.check(c.GradeID, "the type of this answer's cell was changed; its text is as it was")
	}
	switch {
	case len(texts) == 1:
		s.cells[c.GradeID] = texts[0]
		if len(parts) > 1 {
			s.check(c.GradeID, "the notebook has this answer's cell more than once, with one text")
		}
		switch {
		case SameText(texts[0], c.Source):
			s.guessWritten(nb, at, "this answer is as it was handed out; the text beside it was taken for the answer")
		case strings.TrimSpace(texts[0]) == "" && !s.guessWritten(nb, at, "this answer is empty; the text beside it was taken for the answer"):
			s.check(c.GradeID, "this answer is empty")
		}
	case len(texts) > 1:
		s.cells[c.GradeID] = strings.Join(texts, "\n\n")
		s.check(c.GradeID, "this answer was copied or split into several cells; all their texts are kept, one below the other")
	case s.guessWritten(nb, at, "this answer's cell was deleted or lost its mark; the text in its place was taken for the answer"):
	default:
		s.check(c.GradeID, "this answer's cell was deleted, and nothing in its place may be the answer")
	}
}

// guessWritten takes the student's own text cells between the course's cells around
// an answer for the answer.
func (s *Submitted) guessWritten(nb *Notebook, at int, why string) bool {
	var texts []string
	from := at
	for from > 0 && nb.Cells[from-1].Role == Explained {
		from--
	}
	to := at
	for to+1 < len(nb.Cells) && nb.Cells[to+1].Role == Explained {
		to++
	}
	for place := from - 1; place <= to; place++ {
		for i := range s.extra[place] {
			x := &s.extra[place][i]
			if x.code || x.spent {
				continue
			}
			x.spent = true
			text, _ := cutKnown(x.source, nb)
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return false
	}
	s.cells[nb.Cells[at].GradeID] = strings.Join(texts, "\n\n")
	s.check(nb.Cells[at].GradeID, why)
	return true
}

func sortedKeys[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }
