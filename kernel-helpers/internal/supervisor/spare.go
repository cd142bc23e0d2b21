package supervisor

import "example.com/speedup/kernel-helpers/internal/processes"

// spareKernel spares GoNB, the language server that GoNB starts, and whatever
// was there before began: a server that an earlier cell left in the background is
// not the present cell's. Began is 0 if there is no such time.
func spareKernel(gonb int, began processes.Ticks) func(processes.Process) processes.Fate {
	return func(p processes.Process) processes.Fate {
		switch {
		case p.PID == gonb:
			return processes.Spare
		case p.Parent == gonb && p.Name == "gopls":
			return processes.SpareTree
		case p.Start > 0 && p.Start < began:
			return processes.SpareTree
		}
		return processes.Kill
	}
}
