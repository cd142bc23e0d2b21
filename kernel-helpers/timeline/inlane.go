package timeline

import "example.com/speedup/kernel-helpers/base/svg"

// namedFrom is the lane height from which states have their names in the lanes.
const namedFrom = 14

// An inLane finds a place for the name of each state in the lanes: its longest
// stretch, if the name fits there.
type inLane struct {
	height, columnWidth float64
	longest             [stateCount]struct{ x, y, width float64 }
}

func newInLane(height float64, columnWidth int) *inLane {
	return &inLane{height: height, columnWidth: float64(columnWidth)}
}

// look considers a lane whose top is at y. A later stretch has to be clearly
// longer than an earlier one, so that names stand in the upper lanes.
func (n *inLane) look(cells []cell, y float64) {
	for from := 0; from < len(cells); {
		to := from + 1
		for to < len(cells) && cells[to] == cells[from] {
			to++
		}
		s, width := cells[from].state, float64(to-from)*n.columnWidth
		if cells[from].run == 0 && width > 1.2*n.longest[s].width {
			n.longest[s].x, n.longest[s].y, n.longest[s].width = lanesLeft+float64(from)*n.columnWidth, y, width
		}
		from = to
	}
}

// draw writes the names in the middle of their stretches.
func (n *inLane) draw(p *pen, o settings) {
	if n.height < namedFrom {
		return
	}
	const size, letter = 10.5, 5.7
	for s := Running; s < stateCount; s++ {
		at, name := n.longest[s], legendName(s, o)
		if at.width >= letter*float64(len(name))+16 {
			p.text(at.x+at.width/2, at.y+n.height/2+0.36*size, size, "middle", svg.Ink, false, name)
		}
	}
}
