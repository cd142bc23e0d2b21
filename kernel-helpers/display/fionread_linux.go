package display

import "golang.org/x/sys/unix"

const fionread = unix.TIOCINQ // Linux's name for FIONREAD
