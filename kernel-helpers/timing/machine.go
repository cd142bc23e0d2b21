package timing

import (
	"fmt"
	"runtime"
	"sync"
)

// Machine describes where a result was measured.
type Machine struct {
	Cores int    `json:"cores"` // processors that the program may use (GOMAXPROCS at its start)
	OS    string `json:"os"`
	Arch  string `json:"arch"`
	Go    string `json:"go"`
	CPU   string `json:"cpu,omitempty"` // the processor's model, where the system reports it cheaply
}

var (
	cores = runtime.GOMAXPROCS(0) // read before a cell changes it
	cpu   = sync.OnceValue(cpuModel)
)

func thisMachine() Machine {
	return Machine{Cores: cores, OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), CPU: cpu()}
}

// same reports whether times from m and o may be compared.
func (m Machine) same(o Machine) bool {
	m.Go, o.Go = "", ""
	return m == o
}

func (m Machine) String() string {
	cores := "cores"
	if m.Cores == 1 {
		cores = "core"
	}
	s := fmt.Sprintf("%d %s, %s/%s, %s", m.Cores, cores, m.OS, m.Arch, m.Go)
	if m.CPU != "" {
		s += ", " + m.CPU
	}
	return s
}
