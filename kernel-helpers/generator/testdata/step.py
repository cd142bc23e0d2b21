"""Prints the time of a generator's step in nanoseconds: the median of several
runs. The argument is the number of steps per run."""
import statistics
import sys
import time


def for_ever():
    i = 0
    while True:
        yield i
        i += 1


def steps(n):
    g = for_ever()
    start = time.perf_counter_ns()
    for _ in range(n):
        next(g)
    return (time.perf_counter_ns() - start) / n


n = int(sys.argv[1])
print(statistics.median(steps(n) for _ in range(9)))
