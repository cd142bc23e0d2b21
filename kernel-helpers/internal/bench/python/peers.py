"""The Python sides of Speedup's benchmark.

The program reads one job as JSON from stdin and writes one outcome as JSON to
stdout. Each way is written as its library's documentation recommends. Only the
downloads or steps are timed, not the imports and not the creation of the
session or pool. If a download fails, the program exits with a traceback and
status 1.

Processes are started by multiprocessing's default method on this system: fork,
forkserver or spawn. The latter two import this file again, so the program must
be a file and guard main.
"""

import json
import sys
import time


def requests_session(urls, job):
    """Download in a plain loop with one requests.Session, which keeps its connection."""
    import requests

    with requests.Session() as session:
        start = time.perf_counter()
        size = 0
        for url in urls:
            response = session.get(url)
            response.raise_for_status()
            size += len(response.content)
        return time.perf_counter() - start, size


def thread_pool(urls, job):
    """Use a ThreadPoolExecutor whose initializer creates one requests.Session per thread.

    The documentation does not promise that a Session is safe for use by several
    threads. The default HTTPAdapter keeps 10 connections per host, of which a
    thread uses one.
    """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    import requests

    local = threading.local()

    def open_session():
        local.session = requests.Session()

    def download(url):
        response = local.session.get(url)
        response.raise_for_status()
        return len(response.content)

    with ThreadPoolExecutor(max_workers=job["workers"], initializer=open_session) as pool:
        start = time.perf_counter()
        size = sum(pool.map(download, urls))
        return time.perf_counter() - start, size


def aiohttp_gather(urls, job):
    """Use one ClientSession, whose connector limits the connections (0: no limit)."""
    import asyncio

    import aiohttp

    async def download(session, url):
        async with session.get(url) as response:
            return len(await response.read())

    async def download_all():
        connector = aiohttp.TCPConnector(limit=job["workers"])
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
            start = time.perf_counter()
            sizes = await asyncio.gather(*(download(session, url) for url in urls))
            return time.perf_counter() - start, sum(sizes)

    return asyncio.run(download_all())


def aiohttp_tasks(urls, job):
    """Use one ClientSession and as many tasks as workers, which share the URLs.

    No request waits inside the connector, which saves aiohttp time and memory
    if there are many more URLs than connections.
    """
    import asyncio

    import aiohttp

    async def download_some(session, queue):
        size = 0
        for url in queue:
            async with session.get(url) as response:
                size += len(await response.read())
        return size

    async def download_all():
        connector = aiohttp.TCPConnector(limit=job["workers"])
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
            queue = iter(urls)
            start = time.perf_counter()
            sizes = await asyncio.gather(*(download_some(session, queue) for _ in range(job["workers"])))
            return time.perf_counter() - start, sum(sizes)

    return asyncio.run(download_all())


# The state of a worker process; see open_session and open_loop.
mine = {}


def wait_for_all(_):
    """Wait until each process runs this task, so that all have started."""
    mine["started"].wait(60)


def open_session(started):
    """Initialize a worker process with its own requests.Session."""
    import requests

    mine["started"] = started
    mine["session"] = requests.Session()


def download_in_process(url):
    response = mine["session"].get(url)
    response.raise_for_status()
    return len(response.content)


def process_pool(urls, job):
    """Use a multiprocessing.Pool with one requests.Session per process."""
    import multiprocessing

    workers = job["workers"]
    started = multiprocessing.Barrier(workers)
    with multiprocessing.Pool(workers, initializer=open_session, initargs=(started,)) as pool:
        pool.map(wait_for_all, range(workers), chunksize=1)
        start = time.perf_counter()
        size = sum(pool.map(download_in_process, urls))
        return time.perf_counter() - start, size


def open_loop(started):
    """Initialize a worker process with its own event loop and ClientSession."""
    import asyncio

    import aiohttp

    async def make():
        return aiohttp.ClientSession(raise_for_status=True)

    mine["started"] = started
    mine["loop"] = asyncio.new_event_loop()
    mine["client"] = mine["loop"].run_until_complete(make())


def download_chunk(urls):
    import asyncio

    async def download(url):
        async with mine["client"].get(url) as response:
            return len(await response.read())

    async def download_all():
        return sum(await asyncio.gather(*(download(url) for url in urls)))

    return mine["loop"].run_until_complete(download_all())


def process_aiohttp(urls, job):
    """Use a ProcessPoolExecutor; each process downloads chunks of URLs with aiohttp."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    size = job["chunk"]
    workers = job["workers"] // size
    chunks = [urls[i : i + size] for i in range(0, len(urls), size)]
    started = multiprocessing.Barrier(workers)
    with ProcessPoolExecutor(workers, initializer=open_loop, initargs=(started,)) as pool:
        list(pool.map(wait_for_all, range(workers)))
        start = time.perf_counter()
        total = sum(pool.map(download_chunk, chunks))
        return time.perf_counter() - start, total


def sum_squares(number):
    return sum(i * i for i in range(number))


def squares(job):
    """Run the documents' cpu_bound on one number after another."""
    numbers = range(job["first"], job["first"] + job["steps"])
    start = time.perf_counter()
    total = sum(sum_squares(number) for number in numbers)
    return time.perf_counter() - start, total


def squares_pool(job):
    """Use multiprocessing.Pool.map over the numbers."""
    import multiprocessing

    numbers = range(job["first"], job["first"] + job["steps"])
    with multiprocessing.Pool(job["workers"]) as pool:
        pool.map(sum_squares, [1] * job["workers"], chunksize=1)
        start = time.perf_counter()
        total = sum(pool.map(sum_squares, numbers))
        return time.perf_counter() - start, total


def squares_numpy(job):
    """Square one array and add it up in parts, because the total has 66 bits."""
    import numpy

    start = time.perf_counter()
    total = 0
    for number in range(job["first"], job["first"] + job["steps"]):
        i = numpy.arange(number, dtype=numpy.uint64)
        parts = numpy.add.reduceat(i * i, numpy.arange(0, number, 1 << 16))
        total += sum(parts.tolist())
    return time.perf_counter() - start, total


def pool_start(job):
    """Time a multiprocessing.Pool until all its processes have run the initializer."""
    import multiprocessing

    workers = job["workers"]
    seconds = 0
    for _ in range(job["steps"]):
        started = multiprocessing.Barrier(workers + 1)
        start = time.perf_counter()
        with multiprocessing.Pool(workers, initializer=started.wait) as pool:
            started.wait(60)
            seconds += time.perf_counter() - start
            pool.close()
            pool.join()
    return seconds, job["steps"] * workers


def successor(n):
    return n + 1


def pool_map(job, **options):
    """Use Pool.map with tasks that do almost nothing."""
    import multiprocessing

    inputs = range(job["first"], job["first"] + job["steps"])
    with multiprocessing.Pool(job["workers"]) as pool:
        pool.map(successor, inputs[:100], chunksize=1)
        start = time.perf_counter()
        total = sum(pool.map(successor, inputs, **options))
        return time.perf_counter() - start, total


def pool_map_single(job):
    """Use Pool.map with chunksize=1: one task per message."""
    return pool_map(job, chunksize=1)


def executor_map(job):
    """Use ProcessPoolExecutor.map, whose chunksize is 1 by default."""
    from concurrent.futures import ProcessPoolExecutor

    inputs = range(job["first"], job["first"] + job["steps"])
    with ProcessPoolExecutor(job["workers"]) as pool:
        list(pool.map(successor, inputs[:100]))
        start = time.perf_counter()
        total = sum(pool.map(successor, inputs))
        return time.perf_counter() - start, total


def generator_next(job):
    """Call next() on a generator of 0, 1, 2, … that has already started."""

    def count():
        i = 0
        while True:
            yield i
            i += 1

    counter = count()
    last = next(counter)
    start = time.perf_counter()
    for _ in range(job["steps"]):
        last = next(counter)
    return time.perf_counter() - start, last


def asyncio_sleep(job):
    """Await asyncio.sleep(0), which yields to the event loop."""
    import asyncio

    async def switch():
        start = time.perf_counter()
        for _ in range(job["steps"]):
            await asyncio.sleep(0)
        return time.perf_counter() - start, job["steps"]

    return asyncio.run(switch())


def by_name(*functions):
    return {function.__name__: function for function in functions}


DOWNLOADS = by_name(requests_session, thread_pool, aiohttp_gather, aiohttp_tasks, process_pool, process_aiohttp)
STEPS = by_name(
    squares, squares_pool, squares_numpy, pool_start, pool_map, pool_map_single, executor_map, generator_next, asyncio_sleep
)


def raise_file_limit(need):
    """Raise the soft limit on open files, as far as the hard limit allows."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < need:
        most = need if hard == resource.RLIM_INFINITY else min(need, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def versions():
    """Return this Python's version, and each package's version or import error."""
    import importlib
    import platform

    found = {"python": platform.python_version(), "packages": {}, "missing": {}}
    for name in ("requests", "aiohttp", "numpy"):
        try:
            found["packages"][name] = importlib.import_module(name).__version__
        except Exception as error:
            found["missing"][name] = str(error)
    return found


def main():
    if sys.argv[1:] == ["versions"]:
        json.dump(versions(), sys.stdout)
        return
    job = json.load(sys.stdin)
    if job["way"] in STEPS:
        seconds, answer = STEPS[job["way"]](job)
        json.dump({"seconds": seconds, "steps": job["steps"], "answer": str(answer)}, sys.stdout)
        return
    raise_file_limit(job["open_files"])
    pages = job["pages"]
    urls = [pages[i % len(pages)] for i in range(job["downloads"])]
    seconds, size = DOWNLOADS[job["way"]](urls, job)
    json.dump({"seconds": seconds, "downloads": len(urls), "bytes": size}, sys.stdout)


if __name__ == "__main__":
    main()
