package supervisor

import (
	"sync"

	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// activity publishes whether the kernel is busy or idle. Clients take the latest
// status for the kernel's, whichever request it is about. So after another request
// has been answered, the kernel is reported busy again if a cell is running.
type activity struct {
	front *front.Front

	mu   sync.Mutex // held while publishing, so that nothing follows a cell's idle
	cell *front.Request
}

// beginCell reports that a cell runs.
func (a *activity) beginCell(r front.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cell = &r
	a.front.Status(r.Message, "busy")
}

// endCell reports that the running cell has ended.
func (a *activity) endCell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.cell
	a.cell = nil
	a.front.Status(r.Message, "idle")
}

// during reports the kernel busy while answer runs.
func (a *activity) during(r front.Request, answer func()) {
	a.front.Status(r.Message, "busy")
	answer()
	a.front.Status(r.Message, "idle")
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cell != nil && a.cell.Header.MsgID != r.Header.MsgID {
		a.front.Status(a.cell.Message, "busy")
	}
}
