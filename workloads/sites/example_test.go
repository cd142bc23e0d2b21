package sites_test

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"example.com/speedup/workloads/sites"
)

// This prepares 160 URLs, and then downloads some.
func Example() {
	urls := sites.Local(sites.Latency(time.Millisecond)).URLs(80)
	fmt.Println(len(urls), "pages")
	for _, url := range urls[:4] {
		n, err := sites.Download(context.Background(), http.DefaultClient, url)
		fmt.Println(n, err)
	}
	// Output:
	// 160 pages
	// 10490 <nil>
	// 276 <nil>
	// 10490 <nil>
	// 276 <nil>
}

// A server reports how its clients used it.
func ExampleServer_Stats() {
	ctx := context.Background()
	server := sites.Local(sites.Latency(0))
	for _, url := range server.URLs(5) {
		sites.Download(ctx, server.Client(), url)
	}
	fmt.Println(server.Stats(ctx))
	// Output: requests 10, connections 1, in flight 0, most in flight 1 <nil>
}

// Every second request for the short page fails.
func ExampleFail() {
	server := sites.Local(sites.Latency(0), sites.Fail(sites.Short, sites.Status(503), sites.Works()))
	failed := 0
	for _, url := range server.URLs(10) {
		if _, err := sites.Download(context.Background(), server.Client(), url); err != nil {
			failed++
		}
	}
	fmt.Println(failed, "of 20 failed")
	// Output: 5 of 20 failed
}

// Compressed, the blog's pages are a quarter as long.
func ExampleLengths() {
	server := sites.Local(sites.Latency(0), sites.Gzip())
	for _, url := range server.Blog().URLs(1) {
		fmt.Println(sites.Lengths(context.Background(), server.Client(), url))
	}
	// Output:
	// 5112 18547 <nil>
	// 8104 32524 <nil>
}

// The list may also contain real pages.
func ExampleOf() {
	urls := sites.Of("https://go.dev/", "https://pkg.go.dev/").URLs(80)
	fmt.Println(len(urls), urls[0], urls[159])
	// Output: 160 https://go.dev/ https://pkg.go.dev/
}
