package display

import (
	"strconv"
	"time"
)

// run makes block ids unique to this run: GoNB remembers ids for as long as the
// kernel lives, and would send an update for a block that the cell's earlier
// run made and that is no longer on the page.
var run = strconv.FormatInt(time.Now().UnixNano(), 36)

func blockID(id string) string { return id + "-" + run }
