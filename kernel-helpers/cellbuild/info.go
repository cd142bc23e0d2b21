package cellbuild

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
)

// A program contains information on its modules and its build
// ([debug.ReadBuildInfo]). It comes from a line in the linker's importcfg file.

// infoLine is the start of the line.
const infoLine = "modinfo "

// Marks before and after the text (see cmd/go/internal/modload).
const (
	infoBegin = "\x30\x77\xaf\x0c\x92\x74\x08\x02\x41\xe1\xc1\x07\xe6\xd6\x18\xe6"
	infoEnd   = "\xf9\x32\x43\x31\x86\x18\x20\x72\x00\x82\x42\x10\x41\x16\xd8\xf2"
)

// readInfo returns the build information in an importcfg file.
func readInfo(config []byte) (*debug.BuildInfo, error) {
	for line := range bytes.Lines(config) {
		quoted, ok := strings.CutPrefix(string(line), infoLine)
		if !ok {
			continue
		}
		text, err := strconv.Unquote(strings.TrimSpace(quoted))
		text, ok = strings.CutPrefix(text, infoBegin)
		text, ok2 := strings.CutSuffix(text, infoEnd)
		if err != nil || !ok || !ok2 {
			break
		}
		info, err := debug.ParseBuildInfo(text)
		if err != nil {
			return nil, fmt.Errorf("cellbuild: %w", err)
		}
		if info.String() != text {
			break
		}
		if slices.ContainsFunc(info.Settings, func(s debug.BuildSetting) bool { return strings.HasPrefix(s.Key, "vcs") }) {
			return nil, declined("version control stamps")
		}
		return info, nil
	}
	return nil, declined("go build's modinfo has an unknown format")
}

// writeInfo returns the line for a program with other modules.
func writeInfo(info *debug.BuildInfo, modules []*debug.Module) (string, error) {
	for _, m := range modules {
		for _, seen := range info.Deps {
			if seen.Path == m.Path && !reflect.DeepEqual(seen, m) {
				return "", declined("go list and go build disagree on module %s", m.Path)
			}
		}
	}
	filled := *info
	filled.Deps = modules
	return infoLine + strconv.Quote(infoBegin+filled.String()+infoEnd) + "\n", nil
}
