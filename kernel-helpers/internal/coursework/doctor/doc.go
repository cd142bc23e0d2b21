// Package doctor finds out what is missing on this machine for each verb of the
// command coursework, and says how to get it.
//
// The files build on each other in this order: check.go, needs.go.
package doctor
