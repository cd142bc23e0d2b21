package jupyter

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os/user"
	"sync"
	"time"
)

// ProtocolVersion is the version of the messaging protocol that this package
// implements.
const ProtocolVersion = "5.4"

// A Header identifies a message. The zero Header is the parent header of a
// message without a parent; on the wire it is an empty object.
type Header struct {
	MsgID    string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"` // ISO 8601
	MsgType  string `json:"msg_type"`
	Version  string `json:"version"`
}

// A Message is one message of the protocol. It keeps Content and Metadata as
// the bytes that were received, so that forwarding a message needs no decoding.
type Message struct {
	Identities [][]byte // routing frames: ROUTER identities, or the topic on iopub
	Header     Header
	Parent     Header
	Metadata   json.RawMessage // a JSON object; nil means {}
	Content    json.RawMessage // a JSON object; nil means {}
	Buffers    [][]byte        // binary frames after the content

	// The headers as received, with their decoded values. Encode sends the
	// original bytes if the fields still have those values. This preserves
	// formatting and fields unknown to Header.
	wireHeader, wireParent wireHeader
}

// NewMessage returns a message without a parent. It has a new id, today's date,
// and content as JSON.
func NewMessage(session, msgType string, content any) (Message, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return Message{}, fmt.Errorf("jupyter: encode the content of %s: %w", msgType, err)
	}
	return Message{
		Header: Header{
			MsgID:    NewID(),
			Session:  session,
			Username: username(),
			Date:     time.Now().UTC().Format(time.RFC3339Nano),
			MsgType:  msgType,
			Version:  ProtocolVersion,
		},
		Content: raw,
	}, nil
}

// Decode decodes the message's content into v, a pointer to a struct for
// messages of this type. Its errors wrap [ErrBadJSON].
func (m Message) Decode(v any) error {
	if err := json.Unmarshal(m.Content, v); err != nil {
		return fmt.Errorf("jupyter: read the content of %s: %w: %w", m.Header.MsgType, ErrBadJSON, err)
	}
	return nil
}

// NewID returns a unique identifier of 32 hexadecimal digits.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

var username = sync.OnceValue(func() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "username" // the default of Jupyter's own client
})
