package course

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAnUnknownSettingIsRefused(t *testing.T) {
	for text, says := range map[string]string{
		`{"title": "t", "assignments": {"ps1": {"deadline": "2026-12-01T12:00:00Z"}}}`: `unknown field "deadline"`,
		`{"title": "t", "late": {"per_day": 2}}`:                                       "per_day is from 0 to 1",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, SettingsFile), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFolder(dir); err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), SettingsFile) {
			t.Errorf("%s: got the error %v, want %q", text, err, says)
		}
	}
}

func TestADueDateWithoutATimeIsExplained(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, SettingsFile), []byte(`{"assignments": {"ps1": {"due": "2026-11-27"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(dir); err == nil || !strings.Contains(err.Error(), "write date, time and zone") || !strings.Contains(err.Error(), "2026-11-27") {
		t.Errorf("got the error %v, want what to write", err)
	}
}
