package bench

import (
	"fmt"
	"runtime"
)

// A Machine is where a report was made.
type Machine struct {
	CPU   string `json:"cpu"` // the model as the system reports it, or else the architecture
	Cores int    `json:"cores"`
	OS    string `json:"os"`
}

func thisMachine() Machine {
	m := Machine{CPU: cpuModel(), Cores: runtime.NumCPU(), OS: osVersion()}
	if m.CPU == "" {
		m.CPU = runtime.GOARCH
	}
	return m
}

// String returns the cores, the CPU and the system.
func (m Machine) String() string {
	return fmt.Sprintf("%d cores of %s, %s", m.Cores, m.CPU, m.OS)
}
