package sites

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
)

// zip compresses a page. When that takes fewer than size bytes, the gzip
// header is filled up to size, as servers do that hide the length of what
// they send: so the compressed pages have the documents' lengths whatever
// Go's version of the algorithm makes of them.
func zip(page []byte, size int) ([]byte, error) {
	zipped, err := zipWith(page, nil)
	const overhead = 6 // of an extra field: its length, and its one part's name and length
	missing := size - len(zipped) - overhead
	if err != nil || missing < 0 {
		return zipped, err
	}
	extra := append([]byte{'P', 'D', byte(missing), byte(missing >> 8)}, make([]byte, missing)...)
	return zipWith(page, extra)
}

func zipWith(page, extra []byte) ([]byte, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Extra = extra
	if _, err := w.Write(page); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// acceptsGzip reports whether a request's client can read gzip.
func acceptsGzip(r *http.Request) bool {
	for _, list := range r.Header["Accept-Encoding"] {
		for coding := range strings.SplitSeq(list, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				weight = strings.TrimSpace(weight)
				return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
			}
		}
	}
	return false
}
