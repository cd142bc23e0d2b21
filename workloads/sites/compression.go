package sites

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
)

// zip compresses a page. If the result is shorter than size bytes, zip pads the
// gzip header to size, as servers do to hide the lengths of what they send. So
// compressed pages have the lengths given in the documents, whatever Go's
// version of the algorithm achieves.
func zip(page []byte, size int) ([]byte, error) {
	zipped, err := zipWith(page, nil)
	const overhead = 6 // of an extra field: its length, and the id and length of its only part
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

// acceptsGzip reports whether the client of a request accepts gzip.
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
