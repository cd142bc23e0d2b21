package display

import (
	"strconv"
	"time"
)

// run makes block ids unique to this run of the program. GoNB remembers ids for
// as long as the kernel lives; without a suffix it would send an update for a
// block of an earlier run, which is no longer on the page.
var run = strconv.FormatInt(time.Now().UnixNano(), 36)

// blockID returns the id that GoNB sees for the block named id.
func blockID(id string) string { return id + "-" + run }
