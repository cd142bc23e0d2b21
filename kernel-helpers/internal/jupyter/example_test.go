package jupyter_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// Example runs one cell in the kernel named gonb and prints its output.
func Example() {
	ctx := context.Background()
	spec, err := jupyter.FindSpec("gonb")
	if err != nil {
		log.Fatal(err) // lists where it looked and what is installed
	}
	kernel, err := jupyter.Start(ctx, spec, jupyter.StartOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer kernel.Shutdown(ctx)

	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cell := jupyter.ExecuteRequest{Code: "%%\nfmt.Println(6 * 7)"}
	reply, err := kernel.Execute(ctx, cell, func(m jupyter.Message) {
		if m.Header.MsgType != "stream" {
			return
		}
		var stream struct{ Text string }
		if err := m.Decode(&stream); err == nil {
			fmt.Print(stream.Text)
		}
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Status)
}
