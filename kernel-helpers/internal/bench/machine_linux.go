package bench

import (
	"bufio"
	"os"
	"strings"
)

// cpuModel reads /proc/cpuinfo, which contains no model on many ARM systems.
func cpuModel() string {
	return setting("/proc/cpuinfo", ":", "model name")
}

func osVersion() string {
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	name := strings.Trim(setting("/etc/os-release", "=", "PRETTY_NAME"), `"`)
	if name == "" {
		name = "Linux"
	}
	return strings.TrimSpace(name + ", kernel " + string(kernel))
}

// setting returns the value of the first line "key<separator>value" in a file,
// or "".
func setting(path, separator, key string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), separator)
		if strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
