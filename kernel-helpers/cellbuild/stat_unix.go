//go:build linux || darwin

package cellbuild

import (
	"errors"

	"golang.org/x/sys/unix"
)

// canTrack reports whether the system has change times that programs can't set.
const canTrack = true

// look returns the state of a file or folder. A missing file has a state, too.
func look(path string) (state, error) {
	var st unix.Stat_t
	for {
		switch err := unix.Stat(path, &st); {
		case err == nil:
			return state{
				exists:  true,
				dev:     uint64(st.Dev),
				ino:     uint64(st.Ino),
				mode:    uint32(st.Mode),
				size:    st.Size,
				mtime:   st.Mtim.Nano(),
				changed: st.Ctim.Nano(),
			}, nil
		case errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR):
			return state{}, nil
		case !errors.Is(err, unix.EINTR):
			return state{}, err
		}
	}
}
