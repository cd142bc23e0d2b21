package tempdir

import (
	"os"
	"testing"
)

func TestAFolderIsLockedByOneAtATime(t *testing.T) {
	dir := t.TempDir()
	lock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if second, err := Lock(dir); err == nil {
		second.Close()
		t.Error("got a second lock, want an error")
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Lock(dir)
	if err != nil {
		t.Fatalf("after the first lock: got error %v, want none", err)
	}
	again.Close()
	info, err := os.Lstat(dir)
	if err != nil || !IsOurs(info) {
		t.Errorf("got %v and ours %t, want our folder", err, err == nil && IsOurs(info))
	}
}
