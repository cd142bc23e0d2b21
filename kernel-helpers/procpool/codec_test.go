package procpool

import (
	"context"
	"errors"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
)

type point struct {
	X, Y   float64
	Labels map[string][]string
	When   time.Time
	Big    *big.Int
	Next   *point
	Any    any
}

// roundTrip sends values through one encoder and one decoder, in order.
func roundTrip[T any](t *testing.T, values ...T) {
	t.Helper()
	var e encoder
	for i := range values {
		if err := encodeValue(&e, &values[i]); err != nil {
			t.Fatalf("encode %v: %v", values[i], err)
		}
	}
	d := decoder{data: e.buf}
	for i := range values {
		var got T
		if err := decodeValue(&d, &got); err != nil {
			t.Fatalf("decode %v: %v", values[i], err)
		}
		if !reflect.DeepEqual(got, values[i]) {
			t.Errorf("sent %#v, got %#v", values[i], got)
		}
	}
	if len(d.data) > 0 {
		t.Errorf("%d bytes of %T are left, want 0", len(d.data), values)
	}
}

type celsius float32

func TestValuesArriveUnchanged(t *testing.T) {
	roundTrip(t, struct{}{}, struct{}{})
	roundTrip(t, true, false)
	roundTrip(t, 0, 1, -1, math.MaxInt, math.MinInt)
	roundTrip[int32](t, 0, math.MaxInt32, math.MinInt32)
	roundTrip[int64](t, 0, math.MaxInt64, math.MinInt64)
	roundTrip[uint64](t, 0, math.MaxUint64)
	roundTrip[uint8](t, 0, 255)
	roundTrip(t, 0, 1.5, math.Inf(-1), math.SmallestNonzeroFloat64)
	roundTrip(t, "", "ä", strings.Repeat("x", 100_000))
	roundTrip(t, []byte("x"), []byte(strings.Repeat("x", 100_000)))
	roundTrip[celsius](t, 0, 36.6)
	roundTrip(t, []string{"a", ""}, []string{"b"})
	roundTrip(t, map[int]string{1: "a"}, map[int]string{})
	roundTrip(t, [2]int{0, 1}, [2]int{})
	roundTrip(t, big.NewInt(-7), new(big.Int))
	roundTrip(t, time.Unix(1, 2).UTC())
	roundTrip(t,
		point{X: 1, Labels: map[string][]string{"a": {"b"}}, When: time.Unix(5, 0).UTC(), Next: &point{Y: 2, Any: 3}},
		point{}, point{Big: big.NewInt(3), Any: "x"})
}

func TestAValueThatCannotBeSentDoesNotAffectOthers(t *testing.T) {
	type unregistered struct{ N int }
	var e encoder
	good, bad := point{X: 1, Labels: map[string][]string{"a": {"b"}}}, point{Any: unregistered{1}}
	for range 2 {
		if err := encodeValue(&e, &bad); err == nil || !strings.Contains(err.Error(), "unregistered") {
			t.Errorf("got error %v, want one that names the type", err)
		}
		for range 2 {
			if err := encodeValue(&e, &good); err != nil {
				t.Fatal(err)
			}
		}
	}
	var none *point
	if err := encodeValue(&e, &none); err == nil || !strings.Contains(err.Error(), "nil pointer") {
		t.Errorf("a nil pointer: got error %v, want one that says so", err)
	}
	d := decoder{data: e.buf}
	for range 4 {
		var got point
		if err := decodeValue(&d, &got); err != nil || !reflect.DeepEqual(got, good) {
			t.Fatalf("got %+v, %v; want %+v", got, err, good)
		}
	}
}

func TestATypeIsDescribedOnce(t *testing.T) {
	var e encoder
	p := point{X: 1}
	var sizes []int
	for range 3 {
		before := len(e.buf)
		if err := encodeValue(&e, &p); err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(e.buf)-before)
	}
	if sizes[1] > 30 || sizes[1] != sizes[2] || sizes[0] < 2*sizes[1] {
		t.Errorf("sizes are %v, want the first to be much larger", sizes)
	}
}

// A value of huge bytes needs a frame that is longer than allowed.
const huge = 200 << 20

type stubborn struct{ N int }

func (s stubborn) MarshalBinary() ([]byte, error) {
	if s.N == 1 {
		return nil, errors.New("not this one")
	}
	if s.N == 2 {
		panic("nor this one")
	}
	return []byte{byte(s.N)}, nil
}

func (s *stubborn) UnmarshalBinary(data []byte) error {
	s.N = int(data[0])
	switch {
	case s.N == 3:
		return errors.New("not that one")
	case s.N == 4 && Worker() != "":
		panic("nor that one")
	case s.N == 15 && Worker() == "":
		panic("nor this result")
	}
	return nil
}

var (
	zeros = Define("zeros", func(_ context.Context, n int) ([]byte, error) { return make([]byte, n), nil })
	stub  = Define("stub", func(_ context.Context, s stubborn) (stubborn, error) {
		switch s.N {
		case 5, 6: // return results that can't be sent
			return stubborn{s.N - 4}, nil
		}
		return stubborn{s.N + 10}, nil
	})
)

func TestHugeValuesAreErrorsOfTheirTasks(t *testing.T) {
	p := newPool(t, 2)
	before := pids(p)
	const want = "a value of 200 MB is more than the 64 MB that a message may hold: send it in parts, or in a file"
	inputs := [][]byte{make([]byte, 10), make([]byte, huge), make([]byte, 20)}
	for _, chunk := range longtest.Pick([]int{3}, []int{1, 3}) {
		i := 0
		for n, err := range length.Map(t.Context(), p, slices.Values(inputs), Chunk(chunk)) {
			if i == 1 {
				if err == nil || !strings.Contains(err.Error(), "procpool: length([]uint8 of 209715200): send input: "+want) {
					t.Errorf("an input of 200 MB: got %d, %v; want the error %q", n, err, want)
				}
			} else if n != len(inputs[i]) || err != nil {
				t.Errorf("input %d: got %d, %v; want %d", i, n, err, len(inputs[i]))
			}
			i++
		}
		i = 0
		for b, err := range zeros.Map(t.Context(), p, slices.Values([]int{10, huge, 20}), Chunk(chunk)) {
			if i == 1 {
				if err == nil || !strings.Contains(err.Error(), "send result: "+want) {
					t.Errorf("a result of 200 MB: got %d bytes, %v; want the error %q", len(b), err, want)
				}
			} else if len(b) != 10*(i/2+1) || err != nil {
				t.Errorf("result %d: got %d bytes, %v; want %d", i, len(b), err, 10*(i/2+1))
			}
			i++
		}
	}
	if after := pids(p); !slices.Equal(after, before) {
		t.Errorf("the workers are %v, want %v as before", after, before)
	}
}

func TestTheLargestValueArrives(t *testing.T) {
	p := newPool(t, 1)
	const largest = maxValue - 100
	if n, err := length.Submit(t.Context(), p, make([]byte, largest)).Wait(t.Context()); n != largest || err != nil {
		t.Errorf("as an input: got %d, %v; want %d", n, err, largest)
	}
	if b, err := zeros.Submit(t.Context(), p, largest).Wait(t.Context()); len(b) != largest || err != nil {
		t.Errorf("as a result: got %d bytes, %v; want %d", len(b), err, largest)
	}
}

// Types may encode themselves, and fail to.
func TestMethodsThatEncodeMayFail(t *testing.T) {
	wants := []string{"", "send input: not this one", "send input: nor this one", "not that one", "panic: nor that one", "send result: not this one", "send result: nor this one", ""}
	for _, chunk := range []int{1, len(wants)} {
		p := newPool(t, 1)
		var inputs []stubborn
		for n := range wants {
			inputs = append(inputs, stubborn{n})
		}
		i := 0
		for s, err := range stub.Map(t.Context(), p, slices.Values(inputs), Chunk(chunk)) {
			switch want := wants[i]; {
			case want == "" && (err != nil || s.N != i+10):
				t.Errorf("in chunks of %d: task %d returned %d, %v; want no error", chunk, i, s.N, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("in chunks of %d: task %d: got error %v, want %q", chunk, i, err, want)
			}
			i++
		}
	}
}

func TestAPanicInAResultsTypeIsAnErrorOfItsTask(t *testing.T) {
	// The result is the input plus 5, so it is N == 15 that the parent decodes.
	p := newPool(t, 1)
	_, err := badResult.Submit(t.Context(), p, 1).Wait(t.Context())
	if err == nil || !strings.Contains(err.Error(), "read a result: panic: nor this result") {
		t.Errorf("got error %v, want the panic", err)
	}
	if n, err := double.Submit(t.Context(), p, 1).Wait(t.Context()); n != 2 || err != nil {
		t.Errorf("the next task: got %d, %v; want 2", n, err)
	}
}

var badResult = Define("badResult", func(_ context.Context, n int) (stubborn, error) { return stubborn{15}, nil })
