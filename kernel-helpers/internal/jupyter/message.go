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
// speaks.
const ProtocolVersion = "5.4"

// Header identifies a message. The zero Header is the parent of a message that
// has no parent; on the wire it is an empty object.
type Header struct {
	MsgID    string `json:"msg_id"`
	Session  string `json:"session"`
	Username string `json:"username"`
	Date     string `json:"date"` // ISO 8601
	MsgType  string `json:"msg_type"`
	Version  string `json:"version"`
}

// Message is one message of the protocol. Content and Metadata are kept as the
// bytes that came in, so forwarding a message costs no decoding.
type Message struct {
	Identities [][]byte // routing frames: ROUTER identities, or the topic on iopub
	Header     Header
	Parent     Header
	Metadata   json.RawMessage // a JSON object; nil stands for {}
	Content    json.RawMessage // a JSON object; nil stands for {}
	Buffers    [][]byte        // binary frames after the content

	// The headers as they came off the wire, together with what was read from
	// them: Encode sends the original bytes as long as the fields still say the
	// same, which keeps spelling and fields that Header doesn't know.
	wireHeader, wireParent wireHeader
}

// NewMessage makes a message without a parent: a fresh id, today's date,
// content as JSON.
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

// Decode reads the message's content into v, which points to a struct for the
// content of this message type. Its errors wrap [ErrBadJSON].
func (m Message) Decode(v any) error {
	if err := json.Unmarshal(m.Content, v); err != nil {
		return fmt.Errorf("jupyter: read the content of %s: %w: %w", m.Header.MsgType, ErrBadJSON, err)
	}
	return nil
}

// NewID returns an identifier that nobody else has: 32 hexadecimal digits.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, says its documentation
	return hex.EncodeToString(b[:])
}

var username = sync.OnceValue(func() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return u.Username
	}
	return "username" // what Jupyter's own client falls back to
})
