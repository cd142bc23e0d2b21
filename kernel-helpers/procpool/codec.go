package procpool

import (
	"encoding"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
)

// An encoder appends values to its buffer. All values read by one decoder must
// come from one encoder, in order, because gob describes a type only before its
// first value.
type encoder struct {
	buf []byte
	gob *gob.Encoder
}

const (
	gobContinues byte = iota
	gobBegins         // a new stream, in which no type has been described
)

func (e *encoder) Write(p []byte) (int, error) {
	e.buf = append(e.buf, p...)
	return len(p), nil
}

// encodeValue appends *v. After an error the buffer is unchanged.
func encodeValue[T any](e *encoder, v *T) error {
	switch p := any(v).(type) {
	case *struct{}:
	case *bool:
		if *p {
			e.buf = append(e.buf, 1)
		} else {
			e.buf = append(e.buf, 0)
		}
	case *int:
		e.buf = binary.AppendVarint(e.buf, int64(*p))
	case *int32:
		e.buf = binary.AppendVarint(e.buf, int64(*p))
	case *int64:
		e.buf = binary.AppendVarint(e.buf, *p)
	case *uint64:
		e.buf = binary.AppendUvarint(e.buf, *p)
	case *float64:
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(*p))
	case *string:
		e.buf = appendString(e.buf, *p)
	case *[]byte:
		e.buf = appendString(e.buf, *p)
	default:
		if reflect.TypeFor[T]().Kind() == reflect.Pointer {
			return e.encodeGob(*v) // encoding/gob doesn't detect a nil pointer behind another pointer
		}
		return e.encodeGob(v)
	}
	return nil
}

func appendString[S string | []byte](buf []byte, s S) []byte {
	return append(binary.AppendUvarint(buf, uint64(len(s))), s...)
}

func (e *encoder) encodeGob(v any) (err error) {
	start := len(e.buf)
	defer func() {
		if r := recover(); r != nil { // gob panics for a nil pointer, for example
			err = fmt.Errorf("%v", r)
		}
		if err != nil {
			e.undo(start)
		}
	}()
	if e.gob == nil {
		e.buf = append(e.buf, gobBegins)
		e.gob = gob.NewEncoder(e)
	} else {
		e.buf = append(e.buf, gobContinues)
	}
	return e.gob.Encode(v)
}

// undo removes everything appended since the buffer had this length.
func (e *encoder) undo(length int) {
	e.buf = e.buf[:length]
	e.gob = nil // the removed bytes may include descriptions of types
}

// A decoder reads values from the bodies of frames.
type decoder struct {
	data []byte
	gob  *gob.Decoder
}

var errShort = errors.New("bad message: unexpected end")

func (d *decoder) Read(p []byte) (int, error) {
	if len(d.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.data)
	d.data = d.data[n:]
	return n, nil
}

func (d *decoder) ReadByte() (byte, error) {
	if len(d.data) == 0 {
		return 0, io.EOF
	}
	b := d.data[0]
	d.data = d.data[1:]
	return b, nil
}

func (d *decoder) uvarint() (uint64, error) {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		return 0, errShort
	}
	d.data = d.data[n:]
	return v, nil
}

func (d *decoder) varint() (int64, error) {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		return 0, errShort
	}
	d.data = d.data[n:]
	return v, nil
}

// bytes returns the bytes of the next string. They belong to the frame.
func (d *decoder) bytes() ([]byte, error) {
	n, err := d.uvarint()
	if err != nil || n > uint64(len(d.data)) {
		return nil, errShort
	}
	b := d.data[:n:n]
	d.data = d.data[n:]
	return b, nil
}

func (d *decoder) string() (string, error) {
	b, err := d.bytes()
	return string(b), err
}

// decodeValue reads into *v, which must be zero.
func decodeValue[T any](d *decoder, v *T) (err error) {
	switch v := any(v).(type) {
	case *struct{}:
	case *bool:
		var b byte
		b, err = d.ReadByte()
		*v = b != 0
	case *int:
		var n int64
		n, err = d.varint()
		*v = int(n)
	case *int32:
		var n int64
		n, err = d.varint()
		*v = int32(n)
	case *int64:
		*v, err = d.varint()
	case *uint64:
		*v, err = d.uvarint()
	case *float64:
		if len(d.data) < 8 {
			return errShort
		}
		*v = math.Float64frombits(binary.LittleEndian.Uint64(d.data))
		d.data = d.data[8:]
	case *string:
		*v, err = d.string()
	case *[]byte:
		var b []byte
		if b, err = d.bytes(); err == nil && len(b) < chunkSize/2 {
			b = append(make([]byte, 0, len(b)), b...) // don't keep a whole chunk alive for a few bytes
		}
		*v = b
	default:
		return d.decodeGob(v)
	}
	return err
}

func (d *decoder) decodeGob(v any) error {
	begins, err := d.ReadByte()
	if err != nil {
		return errShort
	}
	if begins == gobBegins {
		d.gob = gob.NewDecoder(d)
	}
	if d.gob == nil {
		return errors.New("bad message: a value without a description of its type")
	}
	return d.gob.Decode(v)
}

// sendable returns an error that says why values of type t can't be sent, or
// nil. It rejects what gob would silently drop.
func sendable(t reflect.Type) error {
	switch t.Kind() {
	case reflect.Interface:
		return fmt.Errorf("%v is an interface: name a concrete type", t)
	case reflect.Struct:
		if t.NumField() == 0 && t != reflect.TypeFor[struct{}]() {
			return fmt.Errorf("%v has no fields: use struct{}", t)
		}
	}
	if t == reflect.TypeFor[struct{}]() {
		return nil
	}
	return sendablePart(t, t.String(), map[reflect.Type]bool{})
}

func sendablePart(t reflect.Type, path string, seen map[reflect.Type]bool) error {
	if seen[t] || encodesItself(t) {
		return nil
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return fmt.Errorf("%s is a %v, which has no meaning in another process", path, t.Kind())
	case reflect.Pointer:
		return sendablePart(t.Elem(), path, seen)
	case reflect.Slice, reflect.Array:
		return sendablePart(t.Elem(), path+"[…]", seen)
	case reflect.Map:
		if err := sendablePart(t.Key(), "a key of "+path, seen); err != nil {
			return err
		}
		return sendablePart(t.Elem(), path+"[…]", seen)
	case reflect.Struct:
		if t.NumField() == 0 {
			return fmt.Errorf("%s is a struct without fields, which encoding/gob can't send: use bool", path)
		}
		for field := range t.Fields() {
			if !field.IsExported() {
				return fmt.Errorf("%s.%s is unexported and would be lost: export it, or give %v the methods MarshalBinary and UnmarshalBinary", path, field.Name, t)
			}
			if err := sendablePart(field.Type, path+"."+field.Name, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

func encodesItself(t reflect.Type) bool {
	return implements[gob.GobEncoder](t) && implements[gob.GobDecoder](t) ||
		implements[encoding.BinaryMarshaler](t) && implements[encoding.BinaryUnmarshaler](t)
}

func implements[I any](t reflect.Type) bool {
	i := reflect.TypeFor[I]()
	return t.Implements(i) || reflect.PointerTo(t).Implements(i)
}
