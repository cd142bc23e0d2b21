package main

import (
	"context"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/doctor"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// examine prints what is missing on this machine.
func examine(ctx context.Context, _ settings, out *output) error {
	root, err := checkout.Find(".")
	if err != nil {
		return err
	}
	list := doctor.Examine(ctx, root)
	complete := true
	for _, n := range list {
		complete = complete && n.Found
	}
	if out.json {
		if err := out.writeJSON(list); err != nil {
			return err
		}
	} else {
		for _, n := range list {
			if n.Found {
				out.printf("%s    %s: %s\n", out.paint(green, "found"), n.Name, untrusted.Clean(n.Detail))
				continue
			}
			out.printf("%s  %s, for coursework %s\n", out.paint(red, "missing"), n.Name, strings.Join(n.Verbs, ", "))
			if len(n.Partly) > 0 {
				out.printf("         coursework %s: %s\n", strings.Join(n.Partly, ", "), n.Without)
			}
			out.printf("         %s\n         to do: %s\n", strings.ReplaceAll(untrusted.Clean(n.Detail), "\n", "\n         "), n.Remedy)
		}
	}
	if !complete {
		return errReported
	}
	return nil
}
