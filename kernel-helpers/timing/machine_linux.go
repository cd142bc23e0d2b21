package timing

import (
	"os"
	"strings"
)

// cpuModel returns the first processor's name, or "" on arm64, where Linux
// lists none.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	head := make([]byte, 2048)
	n, _ := f.Read(head)
	for line := range strings.Lines(string(head[:n])) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
