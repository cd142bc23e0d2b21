package jupyter

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Errors in the frames of a message. All errors of [Key.Decode] wrap one of
// them.
var (
	ErrNoDelimiter  = errors.New("no <IDS|MSG> frame")
	ErrTooFewFrames = errors.New("fewer than five frames after <IDS|MSG>")
	ErrBadSignature = errors.New("the signature is wrong")
	ErrBadJSON      = errors.New("a frame is not a JSON object")
)

var delimiter = []byte("<IDS|MSG>")

// A Key signs and verifies messages with HMAC-SHA256. As the protocol says, an
// empty key creates no signatures and accepts all.
type Key []byte

// A wireHeader is a header as received, with its decoded value.
type wireHeader struct {
	raw  []byte
	read Header
}

// bytes returns the wire form of h: the original if h still has the value that
// was decoded from it.
func (w wireHeader) bytes(h Header) ([]byte, error) {
	switch {
	case w.raw != nil && w.read == h:
		return w.raw, nil
	case h == Header{}:
		return []byte("{}"), nil
	}
	return json.Marshal(h)
}

// Encode returns the frames of m: identities, delimiter, signature, header,
// parent, metadata, content, buffers. For an unchanged message from
// [Key.Decode], they are the same as before, byte for byte. The frames share
// memory with m.
func (k Key) Encode(m Message) ([][]byte, error) {
	header, err := m.wireHeader.bytes(m.Header)
	if err != nil {
		return nil, fmt.Errorf("jupyter: encode %s: header: %w", m.Header.MsgType, err)
	}
	parent, err := m.wireParent.bytes(m.Parent)
	if err != nil {
		return nil, fmt.Errorf("jupyter: encode %s: parent header: %w", m.Header.MsgType, err)
	}
	signed := [4][]byte{header, parent, object(m.Metadata), object(m.Content)}
	frames := make([][]byte, 0, len(m.Identities)+6+len(m.Buffers))
	frames = append(frames, m.Identities...)
	frames = append(frames, delimiter, k.sign(signed))
	frames = append(frames, signed[:]...)
	return append(frames, m.Buffers...), nil
}

// Decode verifies and splits the frames of a message. The message shares memory
// with the frames. Errors wrap [ErrNoDelimiter], [ErrTooFewFrames],
// [ErrBadSignature] or [ErrBadJSON]; with the first three, Decode has not
// looked at the message's contents.
func (k Key) Decode(frames [][]byte) (Message, error) {
	i := slices.IndexFunc(frames, func(f []byte) bool { return bytes.Equal(f, delimiter) })
	if i < 0 {
		return Message{}, fmt.Errorf("jupyter: decode %d frames: %w", len(frames), ErrNoDelimiter)
	}
	rest := frames[i+1:]
	if len(rest) < 5 {
		return Message{}, fmt.Errorf("jupyter: decode: %d: %w", len(rest), ErrTooFewFrames)
	}
	signed := [4][]byte(rest[1:5])
	// The comparison takes constant time.
	if len(k) > 0 && !hmac.Equal(rest[0], k.sign(signed)) {
		return Message{}, fmt.Errorf("jupyter: decode: %w", ErrBadSignature)
	}
	m := Message{
		Identities: frames[:i:i],
		Metadata:   signed[2],
		Content:    signed[3],
		Buffers:    rest[5:],
	}
	var err error
	if m.Header, err = readHeader(signed[0]); err != nil {
		return Message{}, fmt.Errorf("jupyter: decode: header: %w", err)
	}
	if m.Parent, err = readHeader(signed[1]); err != nil {
		return Message{}, fmt.Errorf("jupyter: decode %s: parent header: %w", m.Header.MsgType, err)
	}
	if !isObject(m.Metadata) {
		return Message{}, fmt.Errorf("jupyter: decode %s: metadata: %w", m.Header.MsgType, ErrBadJSON)
	}
	if !isObject(m.Content) {
		return Message{}, fmt.Errorf("jupyter: decode %s: content: %w", m.Header.MsgType, ErrBadJSON)
	}
	m.wireHeader = wireHeader{signed[0], m.Header}
	m.wireParent = wireHeader{signed[1], m.Parent}
	return m, nil
}

// sign returns the hexadecimal HMAC-SHA256 of the four parts, or an empty frame
// if there is no key.
func (k Key) sign(parts [4][]byte) []byte {
	if len(k) == 0 {
		return []byte{}
	}
	mac := hmac.New(sha256.New, k)
	for _, p := range parts {
		mac.Write(p)
	}
	return hex.AppendEncode(nil, mac.Sum(nil))
}

func readHeader(raw []byte) (Header, error) {
	var h Header
	if !isObject(raw) {
		return h, ErrBadJSON
	}
	if err := json.Unmarshal(raw, &h); err != nil {
		return h, fmt.Errorf("%w: %w", ErrBadJSON, err)
	}
	return h, nil
}

// isObject reports whether raw begins and ends like a JSON object. Headers are
// decoded in full. What is between the braces of metadata and content is
// checked when it is decoded ([Message.Decode]): checking it here would double
// the cost of a large message, and the signature has shown that a kernel or its
// client wrote it.
func isObject(raw []byte) bool {
	t := bytes.Trim(raw, " \t\r\n")
	return len(t) >= 2 && t[0] == '{' && t[len(t)-1] == '}'
}

func object(raw json.RawMessage) []byte {
	if raw == nil {
		return []byte("{}")
	}
	return raw
}
