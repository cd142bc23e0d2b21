package jupyter

import (
	"encoding/json"
	"errors"
)

// Spec is an installed kernel: what its kernel.json says.
type Spec struct {
	Name          string            // the name of its folder, in lower case
	Dir           string            // the folder that kernel.json is in
	Argv          []string          // may hold {connection_file}, {resource_dir} and {prefix}
	DisplayName   string            // for people
	Language      string            // "go", "python", …
	InterruptMode string            // "signal" or "message"
	Env           map[string]string // values may hold ${NAME}
	Metadata      json.RawMessage
}

// FindSpec returns the kernel spec of that name, found where Jupyter looks;
// folders are searched before Jupyter's own (each holds folders with a
// kernel.json, as <venv>/share/jupyter/kernels does). The error of an unknown
// name is a [*NoSpecError].
func FindSpec(name string, folders ...string) (Spec, error) {
	return Spec{}, errors.ErrUnsupported
}

// Specs returns every kernel spec that [FindSpec] can find, sorted by name.
func Specs(folders ...string) ([]Spec, error) { return nil, errors.ErrUnsupported }

// NoSpecError says that no kernel spec of that name is installed.
type NoSpecError struct {
	Name      string
	Searched  []string // the folders looked in, first to last
	Installed []string // names of the specs that are there
}

func (e *NoSpecError) Error() string { return "" }
