package sites

import (
	"bytes"
	"slices"
	"testing"
)

func TestPagesHaveTheSizesOfTheDocuments(t *testing.T) {
	for page, want := range map[Page][2]int{
		Long: {10490}, Short: {276}, Blog1: {18547, 5112}, Blog2: {32524, 8104},
	} {
		size, compressed := want[0], want[1]
		body := text(pageSpecs[page].size)
		if len(body) != size {
			t.Errorf("%s has %d bytes, want %d", page, len(body), size)
		}
		if !bytes.Equal(body, text(size)) {
			t.Errorf("%s differs between two calls", page)
		}
		if !bytes.HasPrefix(body, []byte("<!doctype html>")) || !bytes.HasSuffix(body, []byte("</html>\n")) {
			t.Errorf("%s is not a whole HTML page", page)
		}
		zipped, err := zip(body, pageSpecs[page].compressed)
		if err != nil {
			t.Fatal(err)
		}
		if compressed != 0 && len(zipped) != compressed {
			t.Errorf("%s has %d bytes compressed, want %d", page, len(zipped), compressed)
		}
		if len(zipped) >= size {
			t.Errorf("%s has %d bytes compressed and %d uncompressed, want fewer compressed", page, len(zipped), size)
		}
	}
}

func TestTextHasTheExactSize(t *testing.T) {
	for size := len(pageHead) + len(pageTail); size < 1500; size++ {
		if n := len(text(size)); n != size {
			t.Fatalf("text(%d) has %d bytes, want %[1]d", size, n)
		}
	}
}

func TestURLsTakeThePagesInTurn(t *testing.T) {
	if got, want := Of("a", "b").URLs(2), []string{"a", "b", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("URLs(2) = %q, want %q", got, want)
	}
	if n := len(Of("a", "b").URLs(80)); n != 160 {
		t.Errorf("got %d URLs for two pages 80 times, want 160", n)
	}
	for _, none := range [][]string{Of("a").URLs(0), Of("a").URLs(-1), Of().URLs(3)} {
		if len(none) != 0 {
			t.Errorf("got %q, want no URL", none)
		}
	}
}
