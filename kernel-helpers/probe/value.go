package probe

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// deepest is how many values inside each other a text describes.
const deepest = 8

// valueOf describes a value in a text. Equal values have equal texts. It calls no
// methods, which could be an answer's own, and follows pointers.
func valueOf(v any) string {
	var b strings.Builder
	describeValue(&b, reflect.ValueOf(v), 0)
	return b.String()
}

func valuesOf[T any](values []T) (texts []string) {
	for _, v := range values {
		texts = append(texts, valueOf(v))
	}
	return texts
}

func describeValue(b *strings.Builder, v reflect.Value, depth int) {
	if depth > deepest {
		b.WriteString("…")
		return
	}
	all := func(open, end string, n int, each func(i int)) {
		b.WriteString(open)
		for i := range n {
			if i > 0 {
				b.WriteString(" ")
			}
			each(i)
		}
		b.WriteString(end)
	}
	switch v.Kind() {
	case reflect.Invalid:
		b.WriteString("nil")
	case reflect.Bool:
		fmt.Fprint(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.Type() == reflect.TypeFor[time.Duration]() {
			b.WriteString(time.Duration(v.Int()).String())
			return
		}
		fmt.Fprint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		fmt.Fprint(b, v.Uint())
	case reflect.Float32, reflect.Float64:
		fmt.Fprint(b, v.Float())
	case reflect.Complex64, reflect.Complex128:
		fmt.Fprint(b, v.Complex())
	case reflect.String:
		fmt.Fprintf(b, "%q", v.String())
	case reflect.Slice, reflect.Array:
		all("[", "]", v.Len(), func(i int) { describeValue(b, v.Index(i), depth+1) })
	case reflect.Map:
		var entries []string
		for key, value := range v.Seq2() {
			var e strings.Builder
			describeValue(&e, key, depth+1)
			e.WriteString(":")
			describeValue(&e, value, depth+1)
			entries = append(entries, e.String())
		}
		slices.Sort(entries)
		all("map[", "]", len(entries), func(i int) { b.WriteString(entries[i]) })
	case reflect.Struct:
		all("{", "}", v.NumField(), func(i int) {
			b.WriteString(v.Type().Field(i).Name + ":")
			describeValue(b, v.Field(i), depth+1)
		})
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		if v.Kind() == reflect.Pointer {
			b.WriteString("&")
			depth++
		}
		describeValue(b, v.Elem(), depth)
	default: // functions and channels have no equals
		b.WriteString(v.Kind().String())
	}
}
