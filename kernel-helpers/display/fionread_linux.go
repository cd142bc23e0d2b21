package display

import "golang.org/x/sys/unix"

const fionread = unix.TIOCINQ // FIONREAD's other name on Linux
