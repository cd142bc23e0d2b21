package probe

import (
	"fmt"
	"strings"
	"time"
)

// ends maps a call's state to the character at its end in the picture. A call
// that takes no time is drawn as that character alone.
var ends = map[string]byte{done: ']', failed: 'x', cancelled: '~', unfinished: '.'}

// picture draws the calls over time, one per line, in plain ASCII: a kernel may
// cut long output inside a multi-byte character.
func picture(r Report) string {
	const width, most = 48, 24
	shown := r.Calls[:min(len(r.Calls), most)]
	end, names := time.Duration(0), 0
	for _, c := range r.Calls {
		end = max(end, c.End)
	}
	for _, c := range shown {
		names = max(names, min(len(c.Name), 20))
	}
	column := func(at time.Duration) int {
		if end == 0 {
			return 0
		}
		return int(int64(at) * (width - 1) / int64(end))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "    %-*s  0%*v\n", names, "", width-1, end)
	for _, c := range shown {
		from, to := column(c.Start), column(c.End)
		line := []byte(strings.Repeat(" ", width))
		for i := from; i < to; i++ {
			line[i] = '='
		}
		if from < to {
			line[from] = '['
		}
		line[to] = ends[c.State]
		fmt.Fprintf(&b, "    %-*.*s  %s  %s\n", names, names, c.Name, line, c.State)
	}
	if n := len(r.Calls) - len(shown) + r.Left; n > 0 {
		fmt.Fprintf(&b, "    and %d more\n", n)
	}
	return b.String()
}
