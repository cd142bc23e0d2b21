package supervisor

import (
	"example.com/speedup/kernel-helpers/internal/langserver"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// killAll kills every process of a kernel. The user's language server belongs to all
// kernels, whichever started it.
func killAll(p processes.Process) processes.Fate {
	return langserver.Sparing(processes.KillAll)(p)
}

// spareKernel returns a judge that spares GoNB, the user's language server, and
// processes from before began, because they belong to earlier cells: a cell may
// leave a server in the background. If began is 0, all cells' processes are killed.
func spareKernel(gonb int, began processes.Ticks) func(processes.Process) processes.Fate {
	return langserver.Sparing(func(p processes.Process) processes.Fate {
		switch {
		case p.PID == gonb:
			return processes.Spare
		case p.Start > 0 && p.Start < began:
			return processes.SpareTree
		}
		return processes.Kill
	})
}
