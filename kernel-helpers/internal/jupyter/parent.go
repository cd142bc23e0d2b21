package jupyter

// WithParent returns m as a message about parent: its parent header is parent's
// header, byte for byte as it was received.
func (m Message) WithParent(parent Message) Message {
	m.Parent, m.wireParent = parent.Header, parent.wireHeader
	return m
}
