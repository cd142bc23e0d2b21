package debugger

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
)

// usual is how much of a variable is read at first.
var usual = delve.LoadConfig{FollowPointers: true, MaxVariableRecurse: 2, MaxStringLen: 256, MaxArrayValues: 64, MaxStructFields: -1}

// whole is how much is read of a variable that is shown by itself.
var whole = delve.LoadConfig{FollowPointers: true, MaxVariableRecurse: 3, MaxStringLen: 64 << 10, MaxArrayValues: 1000, MaxStructFields: -1}

// inMain matches the name of the cells' package, which is called after the kernel's
// folder if the cell is a test.
var inMain = regexp.MustCompile(`\b(?:main|gonb_[0-9a-f]+)\.`)

// typeName returns a type's name as a cell writes it.
func typeName(t string) string {
	t = inMain.ReplaceAllString(t, "")
	return strings.ReplaceAll(t, "interface {}", "any")
}

// maxSummary is the length at which a summary is cut, in bytes.
const maxSummary = 160

// summary describes a value in one line. Values nested deeper than depth are left
// out.
func summary(v delve.Variable, depth int) string {
	s := describe(v, depth)
	if len(s) > maxSummary && v.Kind != reflect.String {
		cut := maxSummary
		for cut > 0 && s[cut]&0xC0 == 0x80 {
			cut--
		}
		s = s[:cut] + "…"
	}
	return s
}

func describe(v delve.Variable, depth int) string {
	if v.Unreadable != "" {
		return "(unreadable: " + v.Unreadable + ")"
	}
	if s, known := special(v); known {
		return s
	}
	t := typeName(v.Type)
	switch v.Kind {
	case reflect.String:
		return quoted(v)
	case reflect.Struct:
		return t + fields(v, depth)
	case reflect.Pointer:
		return pointer(v, depth)
	case reflect.Slice, reflect.Array:
		return sequence(v, depth)
	case reflect.Map:
		return mapping(v, depth)
	case reflect.Interface:
		return dynamic(v, depth)
	case reflect.Chan:
		return channel(v)
	case reflect.Func:
		if v.Value == "" {
			return "nil"
		}
		return shortFunction(v.Value)
	case reflect.UnsafePointer:
		return "unsafe.Pointer(" + hex(v.Value) + ")"
	case reflect.Invalid:
		return "nil"
	}
	return v.Value
}

func hex(decimal string) string {
	n, err := strconv.ParseUint(decimal, 10, 64)
	if err != nil {
		return decimal
	}
	return fmt.Sprintf("%#x", n)
}

// quoted returns a string as Go writes it, and how much of it wasn't read.
func quoted(v delve.Variable) string {
	s := strconv.Quote(v.Value)
	if more := v.Len - int64(len(v.Value)); more > 0 {
		s += fmt.Sprintf(" and %d more bytes", more)
	}
	return s
}

// fields returns the fields of a struct in braces.
func fields(v delve.Variable, depth int) string {
	switch {
	case v.Len == 0:
		return "{}"
	case depth == 0 || len(v.Children) == 0:
		return "{…}"
	}
	var parts []string
	for _, c := range v.Children {
		if c.Name == "_" {
			continue
		}
		parts = append(parts, c.Name+": "+describe(c, depth-1))
	}
	if int64(len(v.Children)) < v.Len {
		parts = append(parts, "…")
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// isNil reports whether a pointer is nil.
func isNil(v delve.Variable) bool { return len(v.Children) == 0 || v.Children[0].Addr == 0 }

func pointer(v delve.Variable, depth int) string {
	if isNil(v) {
		return "nil"
	}
	to := v.Children[0]
	if to.OnlyAddr || depth == 0 && to.Kind == reflect.Struct {
		return typeName(v.Type) + " " + fmt.Sprintf("%#x", to.Addr)
	}
	return "&" + describe(to, depth)
}

func sequence(v delve.Variable, depth int) string {
	if v.Kind == reflect.Slice && v.Base == 0 {
		return typeName(v.Type) + " nil"
	}
	s := typeName(v.Type)
	if v.Kind == reflect.Slice {
		s += fmt.Sprintf(" len %d cap %d", v.Len, v.Cap)
	}
	if depth == 0 || len(v.Children) == 0 {
		if v.Len > 0 {
			s += " […]"
		}
		return s
	}
	var parts []string
	for _, c := range v.Children {
		parts = append(parts, describe(c, depth-1))
	}
	if more := v.Len - int64(len(v.Children)); more > 0 {
		parts = append(parts, "…")
	}
	return s + " [" + strings.Join(parts, ", ") + "]"
}

func mapping(v delve.Variable, depth int) string {
	s := typeName(v.Type)
	if v.Base == 0 && v.Len == 0 && len(v.Children) == 0 {
		return s + " len 0"
	}
	s += fmt.Sprintf(" len %d", v.Len)
	if depth == 0 {
		return s
	}
	var parts []string
	for i := 0; i+1 < len(v.Children); i += 2 {
		parts = append(parts, describe(v.Children[i], 0)+": "+describe(v.Children[i+1], depth-1))
	}
	if int64(len(parts)) < v.Len {
		parts = append(parts, "…")
	}
	return s + " {" + strings.Join(parts, ", ") + "}"
}

// dynamic returns the value in an interface with its type.
func dynamic(v delve.Variable, depth int) string {
	if len(v.Children) == 0 || v.Children[0].Kind == reflect.Invalid && v.Children[0].Addr == 0 {
		return "nil"
	}
	c := v.Children[0]
	s := describe(c, depth)
	switch c.Kind {
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map, reflect.Chan:
		return s // they begin with the type
	case reflect.Pointer:
		if strings.HasPrefix(s, "&"+strings.TrimPrefix(typeName(c.Type), "*")) || strings.HasPrefix(s, typeName(c.Type)) {
			return s
		}
	}
	return typeName(c.Type) + "(" + s + ")"
}

// channel returns a channel's type and how full it is.
func channel(v delve.Variable) string {
	s := typeName(v.Type)
	if len(v.Children) == 0 || v.Base == 0 && v.Len == 0 {
		return s + " nil"
	}
	count, size := number(v.Path("qcount")), number(v.Path("dataqsiz"))
	if size == 0 {
		s += " unbuffered"
	} else {
		s += fmt.Sprintf(" len %d cap %d", count, size)
	}
	if number(v.Path("closed")) != 0 {
		s += ", closed"
	}
	return s
}

// number returns the value of an integer variable.
func number(v delve.Variable) int64 {
	word, _, _ := strings.Cut(v.Value, " ")
	n, _ := strconv.ParseInt(word, 10, 64)
	return n
}

// special describes values of types whose fields say little: locks, counters, times.
func special(v delve.Variable) (s string, known bool) {
	switch t := v.Type; {
	case t == "time.Duration":
		return time.Duration(number(v)).String(), true
	case t == "sync.Mutex":
		return mutexState(v), len(v.Children) > 0
	case t == "sync.RWMutex":
		return rwMutexState(v), len(v.Children) > 0
	case t == "sync.WaitGroup":
		state, found := uintOf(v.Path("state"))
		if !found {
			return "", false
		}
		return fmt.Sprintf("WaitGroup: %d to wait for, %d waiting", int32(state>>32), uint32(state)&0x7fffffff), true
	case t == "sync.Once":
		if done, found := uintOf(v.Path("done")); found {
			return map[bool]string{true: "Once: done", false: "Once: not done"}[done != 0], true
		}
	case strings.HasPrefix(t, "sync/atomic."):
		if value, found := v.Child("v"); found && value.Kind != reflect.Pointer && value.Kind != reflect.UnsafePointer {
			if t == "sync/atomic.Bool" {
				return strconv.FormatBool(value.Value != "0"), true
			}
			return value.Value, true
		}
	}
	return "", false
}

// uintOf returns the number in an integer or an atomic one.
func uintOf(v delve.Variable) (n uint64, found bool) {
	for v.Kind == reflect.Struct {
		c, has := v.Child("v")
		if !has {
			return 0, false
		}
		v = c
	}
	n, err := strconv.ParseUint(v.Value, 10, 64)
	return n, err == nil
}

// Bits of a mutex's state, as in package sync.
const (
	mutexLocked      = 1
	mutexStarving    = 4
	mutexWaiterShift = 3
)

func mutexState(v delve.Variable) string {
	state := v.Path("mu", "state")
	if state.Value == "" {
		state = v.Path("state")
	}
	if state.Value == "" {
		return "Mutex {…}"
	}
	return "Mutex: " + lockWords(number(state))
}

func lockWords(state int64) string {
	s := "unlocked"
	if state&mutexLocked != 0 {
		s = "locked"
	}
	if n := state >> mutexWaiterShift; n > 0 {
		s += fmt.Sprintf(", %d waiting", n)
	}
	if state&mutexStarving != 0 {
		s += " (starving)"
	}
	return s
}

// rwMutexMaxReaders is subtracted from the number of readers while a writer waits or
// writes, as in package sync.
const rwMutexMaxReaders = 1 << 30

func rwMutexState(v delve.Variable) string {
	readers := int32(number(v.Path("readerCount", "v")))
	if v.Path("readerCount", "v").Value == "" {
		return "RWMutex {…}"
	}
	writer := readers < 0
	if writer {
		readers += rwMutexMaxReaders
	}
	leaving := int32(number(v.Path("readerWait", "v")))
	switch {
	case writer && leaving == 0:
		return fmt.Sprintf("RWMutex: locked for writing, %d readers waiting", readers)
	case writer:
		return fmt.Sprintf("RWMutex: %d reading, a writer waiting", leaving)
	case readers > 0:
		return fmt.Sprintf("RWMutex: %d reading", readers)
	}
	return "RWMutex: unlocked"
}

// expandable reports whether a value has parts to show.
func expandable(v delve.Variable) bool {
	if v.Unreadable != "" {
		return false
	}
	switch v.Kind {
	case reflect.Struct:
		_, isSpecial := special(v)
		return v.Len > 0 && (!isSpecial || !strings.HasPrefix(v.Type, "sync"))
	case reflect.Pointer:
		return !isNil(v)
	case reflect.Slice, reflect.Array, reflect.Map:
		return v.Len > 0
	case reflect.Interface:
		return len(v.Children) > 0 && expandable(v.Children[0])
	case reflect.Chan:
		return len(v.Children) > 0 && v.Base != 0
	case reflect.String:
		return v.Len > int64(len(v.Value))
	}
	return false
}

// frameVariables returns the parameters and the local variables of a frame.
func (p *program) frameVariables(ctx context.Context, s delve.EvalScope) ([]delve.Variable, error) {
	arguments, err := p.client.Arguments(ctx, s, usual)
	if err != nil {
		return nil, err
	}
	locals, err := p.client.Locals(ctx, s, usual)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Concat(arguments, locals), func(v delve.Variable) bool {
		return strings.HasPrefix(v.Name, "~") || v.Name == "" || v.Name == "_" // a result without a name
	}), nil
}
