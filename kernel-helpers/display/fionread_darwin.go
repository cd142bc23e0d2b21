package display

// fionread is FIONREAD of <sys/filio.h>, which x/sys/unix leaves out for macOS.
const fionread = 0x4004667f
