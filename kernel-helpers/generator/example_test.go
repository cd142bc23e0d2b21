package generator_test

import (
	"errors"
	"fmt"
	"time"

	"example.com/speedup/kernel-helpers/generator"
)

// Example shows a generator of two values.
func Example() {
	gen := generator.New(func(y *generator.Yielder[int, generator.None]) (string, error) {
		for _, v := range []int{1, 2} {
			if _, err := y.Yield(v); err != nil {
				return "", err
			}
		}
		return "abc", nil
	})
	fmt.Println(gen.Next())
	fmt.Println(gen.Next())
	_, err := gen.Next()
	if stop, ok := errors.AsType[generator.Stop[string]](err); ok {
		fmt.Println("returned", stop.Value)
	}
	// Output:
	// 1 <nil>
	// 2 <nil>
	// returned abc
}

func ExampleGenerator_Send() {
	gen := generator.New(func(y *generator.Yielder[int, string]) (generator.None, error) {
		val, err := y.Yield(1)
		if err != nil {
			return generator.None{}, err
		}
		fmt.Println("sent:", val)
		_, err = y.Yield(2)
		return generator.None{}, err
	})
	gen.Next()
	fmt.Println(gen.Send("abc"))
	_, err := gen.Throw(errors.New("oops"))
	fmt.Println(err)
	// Output:
	// sent: abc
	// 2 <nil>
	// oops
}

func ExampleFrom() {
	inner := func(y *generator.Yielder[int, string]) (int, error) {
		val, err := y.Yield(2)
		fmt.Println("inner got", val)
		return 3, err
	}
	outer := generator.New(func(y *generator.Yielder[int, string]) (generator.None, error) {
		if _, err := y.Yield(1); err != nil {
			return generator.None{}, err
		}
		val, err := generator.From(y, generator.New(inner))
		if err != nil {
			return generator.None{}, err
		}
		fmt.Println("inner returned", val)
		_, err = y.Yield(4)
		return generator.None{}, err
	})
	defer outer.Close()
	fmt.Println(outer.Next())
	fmt.Println(outer.Next())
	fmt.Println(outer.Send("abc"))
	// Output:
	// 1 <nil>
	// 2 <nil>
	// inner got abc
	// inner returned 3
	// 4 <nil>
}

func ExampleGenerator_All() {
	squares := generator.New(func(y *generator.Yielder[int, generator.None]) (int, error) {
		sum := 0
		for i := range 4 {
			if _, err := y.Yield(i * i); err != nil {
				return 0, err
			}
			sum += i * i
		}
		return sum, nil
	})
	for v := range squares.All() {
		fmt.Println(v)
	}
	fmt.Println(squares.Result())
	// Output:
	// 0
	// 1
	// 4
	// 9
	// 14 <nil>
}

// Bob and Doug take turns, scheduled by two lists and a loop. In the documents
// they wait for half a second each time; here it is half a millisecond.
func Example_scheduler() {
	type query = *generator.Generator[int, generator.None, generator.None]
	slowQuery := func(name string, upTo int) query {
		return generator.New(func(y *generator.Yielder[int, generator.None]) (none generator.None, err error) {
			for i := range upTo {
				time.Sleep(500 * time.Microsecond)
				fmt.Println(name, "yielded", i)
				if _, err := y.Yield(i); err != nil {
					return none, err
				}
			}
			return none, nil
		})
	}

	ready, waiting := []query{slowQuery("Bob", 10), slowQuery("Doug", 10)}, []query{}
	for len(ready) > 0 || len(waiting) > 0 {
		if len(ready) == 0 {
			ready, waiting = waiting[:1:1], waiting[1:]
			continue
		}
		readiest := ready[0]
		ready = ready[1:]
		if _, err := readiest.Next(); err != nil {
			fmt.Println("completed")
			continue
		}
		waiting = append(waiting, readiest)
	}
	// Output:
	// Bob yielded 0
	// Doug yielded 0
	// Bob yielded 1
	// Doug yielded 1
	// Bob yielded 2
	// Doug yielded 2
	// Bob yielded 3
	// Doug yielded 3
	// Bob yielded 4
	// Doug yielded 4
	// Bob yielded 5
	// Doug yielded 5
	// Bob yielded 6
	// Doug yielded 6
	// Bob yielded 7
	// Doug yielded 7
	// Bob yielded 8
	// Doug yielded 8
	// Bob yielded 9
	// Doug yielded 9
	// completed
	// completed
}
