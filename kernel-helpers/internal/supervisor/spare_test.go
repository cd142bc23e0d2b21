package supervisor

import (
	"testing"

	"example.com/speedup/kernel-helpers/internal/processes"
)

func TestOnlyTheCellsOwnProcessesAreKilled(t *testing.T) {
	const gonb, began = 10, 500
	for _, c := range []struct {
		name    string
		process processes.Process
		want    processes.Fate
	}{
		{"GoNB", processes.Process{PID: gonb, Name: "gonb", Start: 100}, processes.Spare},
		{"a gopls of a cell", processes.Process{PID: 1 << 30, Parent: 20, Name: "gopls", Start: 600}, processes.Kill},
		{"a server of an earlier cell", processes.Process{PID: 13, Parent: 1, Name: "server", Start: 499}, processes.SpareTree},
		{"a program of the cell", processes.Process{PID: 14, Parent: gonb, Name: "program", Start: 500}, processes.Kill},
		{"a process of unknown age", processes.Process{PID: 15, Parent: gonb, Name: "program"}, processes.Kill},
	} {
		if got := spareKernel(gonb, began)(c.process); got != c.want {
			t.Errorf("%s: got fate %d, want %d", c.name, got, c.want)
		}
	}
	if got := spareKernel(gonb, 0)(processes.Process{PID: 13, Start: 1}); got != processes.Kill {
		t.Errorf("without a time: got fate %d, want Kill", got)
	}
}
