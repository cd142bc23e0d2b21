// Package report turns what GoNB and a cell's program say into what a front end
// shows: errors that name the line of the cell, output in batches that no front
// end chokes on, and whether a cell is complete.
package report
