package eventloop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"example.com/speedup/kernel-helpers/eventloop"
	"example.com/speedup/workloads/sites"
)

// A coroutine waits for another by calling it.
func Example() {
	inner := func(co *eventloop.Coroutine) (int, error) {
		return 1, co.Sleep(time.Millisecond) // suspends outer as well
	}
	outer := func(co *eventloop.Coroutine) error {
		v, err := inner(co)
		fmt.Println("inner returned", v)
		return err
	}
	fmt.Println(eventloop.New().Run(context.Background(), outer))
	// Output:
	// inner returned 1
	// <nil>
}

// A future is pending until its result is set. Its callbacks run after that, in
// a turn of their own.
func ExampleFuture() {
	loop := eventloop.New()
	loop.Run(context.Background(), func(co *eventloop.Coroutine) error {
		future := eventloop.NewFuture[string](loop)
		future.AddDoneCallback(func(f *eventloop.Future[string]) {
			v, err := f.Result()
			fmt.Println("callback:", f.State(), v, err)
		})
		fmt.Println("at first:", future.State())
		future.SetResult("abc")
		fmt.Println("set:", future.State())
		return co.Sleep(0) // lets the callback run
	})
	// Output:
	// at first: pending
	// set: finished
	// callback: finished abc <nil>
}

// Cancelling a task cancels the current wait of its coroutine.
func ExampleTask() {
	loop := eventloop.New()
	loop.Run(context.Background(), func(co *eventloop.Coroutine) error {
		task := eventloop.Go(loop, func(co *eventloop.Coroutine) (int, error) {
			err := co.Sleep(time.Hour)
			fmt.Println("in the coroutine:", err)
			return 0, err
		})
		co.Sleep(0) // lets the task start
		task.Cancel()
		_, err := eventloop.Await(co, task)
		fmt.Println("task:", task.State(), errors.Is(err, eventloop.ErrCancelled))
		return nil
	})
	// Output:
	// in the coroutine: eventloop: cancelled
	// task: cancelled true
}

// download downloads a page over a socket and returns its length.
func download(co *eventloop.Coroutine, page string) (int, error) {
	u, err := url.Parse(page)
	if err != nil {
		return 0, err
	}
	socket, err := eventloop.Connect(co, u.Host)
	if err != nil {
		return 0, err
	}
	defer socket.Close()
	conn := socket.Stream(co)
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", u.RequestURI(), u.Host)
	reply, err := io.ReadAll(conn)
	head, body, _ := bytes.Cut(reply, []byte("\r\n\r\n"))
	if err == nil && !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
		err = fmt.Errorf("download %s: answered %q", page, head)
	}
	return len(body), err
}

// This example downloads 160 pages over 160 sockets, one coroutine running at a
// time.
func ExampleGather() {
	urls := sites.Local().URLs(80)
	loop := eventloop.New()
	err := loop.Run(context.Background(), func(co *eventloop.Coroutine) error {
		pages := make([]*eventloop.Task[int], len(urls))
		for i, url := range urls {
			pages[i] = eventloop.Go(loop, func(co *eventloop.Coroutine) (int, error) {
				return download(co, url)
			})
		}
		outcomes, err := eventloop.Await(co, eventloop.Gather(loop, pages...))
		failed, total := 0, 0
		for _, page := range outcomes {
			if page.Err != nil {
				failed++
			}
			total += page.Value
		}
		fmt.Println(len(outcomes), "pages,", failed, "failed,", total, "bytes")
		return err
	})
	fmt.Println(err)
	// Output:
	// 160 pages, 0 failed, 861280 bytes
	// <nil>
}
