package sites

import (
	"math/rand/v2"
	"strings"
)

// A Page is the path of one of the server's pages.
type Page string

// The server's pages. Their sizes are those that the documents print.
const (
	Long  Page = "/site/1" // 10490 bytes
	Short Page = "/site/2" // 276 bytes
	Blog1 Page = "/blog/1" // 18547 bytes, 5112 compressed
	Blog2 Page = "/blog/2" // 32524 bytes, 8104 compressed
)

// A pageSpec holds a page's size in bytes and, if the documents give one, its
// compressed size; otherwise that is 0.
type pageSpec struct {
	size, compressed int
}

var pageSpecs = map[Page]pageSpec{
	Long:  {size: 10490},
	Short: {size: 276},
	Blog1: {size: 18547, compressed: 5112},
	Blog2: {size: 32524, compressed: 8104},
}

// Pages is a list of URLs to download, each of them repeatedly.
type Pages []string

// Of returns the given URLs as Pages, for use in place of a server's.
func Of(urls ...string) Pages { return urls }

// URLs repeats the list: two pages and 80 times are 160 URLs.
func (p Pages) URLs(times int) []string {
	urls := make([]string, 0, len(p)*max(times, 0))
	for range times {
		urls = append(urls, p...)
	}
	return urls
}

const (
	pageHead = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>A page to download</title></head>\n<body>\n"
	pageTail = "</body>\n</html>\n"
)

// Pages consist of sentences with two clauses. The words are few enough that a
// page compresses as well as the documents' pages did.
var (
	articles   = strings.Fields("the one each every this that some no")
	adjectives = strings.Fields("busy idle fast slow long short full empty open closed first last next other small large")
	nouns      = strings.Fields("server client request answer page program goroutine worker channel queue process core network lock task loop buffer socket timer thread reader writer scheduler kernel message result deadline picture")
	verbs      = strings.Fields("waits works sends starts stops wakes counts measures reads writes answers blocks returns finishes fails turns passes shares draws repeats")
	adverbs    = strings.Fields("slowly quickly again together alone twice later early often seldom first last once soon")
	joints     = strings.Fields("and while until because before when after although so but")
)

// text returns a page of exactly size bytes. It is the same for each call.
func text(size int) []byte {
	random := rand.New(rand.NewPCG(uint64(size), 0))
	page := make([]byte, 0, size)
	page = append(page, pageHead...)
	for end := size - len(pageTail); len(page) < end; {
		page = append(page, paragraph(random, end-len(page))...)
	}
	return append(page, pageTail...)
}

// paragraph returns a few sentences, cut to fit into the given number of bytes.
func paragraph(random *rand.Rand, bytes int) string {
	const open, shut = "<p>", "</p>\n"
	if bytes <= len(open)+len(shut) {
		return strings.Repeat("\n", bytes)
	}
	var sentences []string
	for range 3 + random.IntN(4) {
		s := clause(random) + " " + pick(random, joints) + " " + clause(random) + "."
		sentences = append(sentences, strings.ToUpper(s[:1])+s[1:])
	}
	within := strings.Join(sentences, " ")
	return open + within[:min(len(within), bytes-len(open)-len(shut))] + shut
}

func clause(random *rand.Rand) string {
	c := pick(random, articles)
	if random.IntN(3) == 0 {
		c += " " + pick(random, adjectives)
	}
	c += " " + pick(random, nouns) + " " + pick(random, verbs)
	if random.IntN(3) > 0 {
		c += " " + pick(random, adverbs)
	}
	return c
}

func pick(random *rand.Rand, words []string) string {
	return words[random.IntN(len(words))]
}
