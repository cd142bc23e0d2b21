package bench

import (
	"fmt"
	"runtime"
)

// Machine is where a report was made.
type Machine struct {
	CPU   string `json:"cpu"` // the model, as the system names it; the architecture where it doesn't
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

// String is one line: cores, CPU, system.
func (m Machine) String() string {
	return fmt.Sprintf("%d cores of %s, %s", m.Cores, m.CPU, m.OS)
}
