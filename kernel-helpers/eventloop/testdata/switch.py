"""Prints the times of asyncio.sleep(0), of a future and of a task in
nanoseconds: for each the median of several runs. The argument is the number of
repetitions per run."""
import asyncio
import statistics
import sys
import time


async def sleeps(n):
    for _ in range(n):
        await asyncio.sleep(0)


async def futures(n):
    loop = asyncio.get_running_loop()
    future = None

    async def setter():
        while True:
            await asyncio.sleep(0)
            if not future.done():
                future.set_result(None)

    future = loop.create_future()
    task = asyncio.create_task(setter())
    for _ in range(n):
        await future
        future = loop.create_future()
    task.cancel()


async def tasks(n):
    async def nothing():
        pass

    for _ in range(n):
        await asyncio.create_task(nothing())


def once(what, n):
    start = time.perf_counter_ns()
    asyncio.run(what(n))
    return (time.perf_counter_ns() - start) / n


n = int(sys.argv[1])
for what in sleeps, futures, tasks:
    print(statistics.median(once(what, n) for _ in range(7)))
