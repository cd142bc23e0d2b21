package supervisor

import "example.com/speedup/kernel-helpers/internal/processes"

// spareKernel returns a judge that spares GoNB, the language server that GoNB starts,
// and processes from before began, because they belong to earlier cells: a cell may
// leave a server in the background. If began is 0, all cells' processes are killed.
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
