package timeline

// A cell is one column of a lane's picture: the state that took most of its
// time and, unless the lane was only running or not running at all, a mark
// whose height shows the share of running.
type cell struct {
	state State
	run   uint8 // 0 for none, otherwise less than runLevels
}

const runLevels = 4

// columns distributes spans over n columns of equal time. shares is scratch
// space with n elements.
func columns(spans []span, wall int64, shares [][stateCount]float32) []cell {
	n := len(shares)
	clear(shares)
	width := float64(wall) / float64(n)
	for _, s := range spans {
		from, to := float64(s.from)/width, float64(s.to)/width
		state := s.state
		if state == Syscall && s.held && s.proc >= 0 && s.length() < int64(width) {
			state = Running // too short to be visible as anything but work
		}
		for c := max(int(from), 0); c < n && float64(c) < to; c++ {
			shares[c][state] += float32(min(to, float64(c+1)) - max(from, float64(c)))
		}
	}
	cells := make([]cell, n)
	for c := range shares {
		cells[c] = cellOf(&shares[c])
	}
	return cells
}

func cellOf(share *[stateCount]float32) cell {
	var all float32
	base := Absent
	for s := Running; s < stateCount; s++ {
		all += share[s]
		if s != Running && share[s] > share[base] {
			base = s
		}
	}
	part := share[Running]
	if all == 0 {
		return cell{}
	}
	part /= all
	switch {
	case part > 0.9:
		return cell{state: Running}
	case part == 0:
		return cell{state: base}
	case part < 0.3:
		return cell{base, 1}
	case part < 0.6:
		return cell{base, 2}
	}
	return cell{base, 3}
}
