// Package race tells whether the program was built with the race detector, and
// hides synchronisation from it. It is Go's internal/race for this module.
package race
