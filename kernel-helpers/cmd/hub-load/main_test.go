package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args     []string
		password string
		status   int
		want     string
	}{
		{[]string{"--help"}, "", 0, "Usage: HUB_PASSWORD"},
		{nil, "", 2, "HUB_PASSWORD is not set"},
		{[]string{"more"}, "p", 2, `unexpected argument "more"`},
		{[]string{"--users", "0"}, "p", 2, "--users is 0, want at least 1"},
		{[]string{"--every", "0s"}, "p", 2, "must be longer than 0"},
		{[]string{"--sooner"}, "p", 2, "see hub-load --help"},
		{[]string{"--address", "http://127.0.0.1:1"}, "p", 1, "log in as load1"},
	} {
		var out bytes.Buffer
		if status := run(t.Context(), c.args, c.password, &out, &out); status != c.status || !strings.Contains(out.String(), c.want) {
			t.Errorf("hub-load %q: got status %d, %s; want %d and %q", c.args, status, &out, c.status, c.want)
		}
	}
}
