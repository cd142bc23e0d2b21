package timing_test

import "example.com/speedup/kernel-helpers/timing"

func ExampleRead() {
	timing.Read(10490, "https://www.jython.org")
	// Output: Read 10490 from https://www.jython.org
}

func ExampleDownloads() {
	urls := []string{"https://www.jython.org", "http://olympus.realpython.org/dice"}
	timing.Downloads("one after another", len(urls), func() error {
		for _, url := range urls {
			timing.Read(len(url), url) // a notebook passes the values returned by sites.Download
		}
		return nil
	}, timing.With("pages", "two"), timing.ShowLines(-1))

	timing.Table("one after another", "5 workers") // includes the documents' figures
	timing.Chart()                                 // draws all results measured so far
}
