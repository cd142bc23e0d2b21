package sandbox

import (
	"strings"
	"testing"
)

func TestOutputKeepsTheBeginningAndReportsTheRestOnce(t *testing.T) {
	full := 0
	o := &Output{Max: 5, Full: func() { full++ }}
	for _, text := range []string{"abc", "de", "fgh", "i"} {
		if n, err := o.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("writing %q: got %d, %v, want %d and no error", text, n, err, len(text))
		}
	}
	if got := o.String(); got != "abcde" || full != 1 {
		t.Errorf("got %q and %d reports, want \"abcde\" and 1", got, full)
	}
}

func TestASetupErrorSaysWhatToDo(t *testing.T) {
	stderr := "bwrap: no more processes\n"
	if !FailedSetup(stderr) || FailedSetup("panic: bwrap: no") {
		t.Errorf("got FailedSetup %v and %v, want true and false", FailedSetup(stderr), FailedSetup("panic: bwrap: no"))
	}
	if got := NewSetupError(stderr).Error(); !strings.Contains(got, "no more processes: end other programs") {
		t.Errorf("got %q, want the output and a remedy", got)
	}
}
