"""The Python side of BenchmarkAgainstPython.

Each line of input names a piece of work and a number ("map in chunks 20000").
The answer is the time in seconds."""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool


def empty(n):
    return 0


def echo(data):
    return data


def measure(work, n, pool, executor):
    start = time.perf_counter()
    if work == "map one by one":
        assert len(pool.map(empty, range(n), chunksize=1)) == n
    elif work in ("map in chunks of 64", "map in Python's chunks"):
        assert len(pool.map(empty, range(n))) == n  # Python chooses the size of the chunks
    elif work == "imap one by one":
        assert sum(1 for _ in pool.imap(empty, range(n))) == n
    elif work == "executor one by one":
        assert sum(1 for _ in executor.map(empty, range(n))) == n
    elif work == "megabytes":
        data = bytes(1 << 20)
        assert all(len(r) == len(data) for r in pool.imap(echo, (data for _ in range(n))))
    elif work == "start and end":
        for _ in range(n):
            with Pool(2) as p:
                assert p.map(empty, [1, 2]) == [0, 0]
    else:
        raise ValueError(work)
    return time.perf_counter() - start


def main():
    with Pool(2) as pool, ProcessPoolExecutor(2) as executor:
        pool.map(empty, range(100))
        list(executor.map(empty, range(100)))
        for line in sys.stdin:
            work, n = line.rsplit(maxsplit=1)
            print(measure(work, int(n), pool, executor), flush=True)


if __name__ == "__main__":
    main()
