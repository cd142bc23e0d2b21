"""The Python sides of Speedup's benchmark.

One job comes as JSON on stdin, one outcome goes as JSON to stdout. Each way is
written as its library's documentation advises, and measured around the
downloads only: imports and the making of the session or pool are left out.
A failed download ends the program with a traceback and status 1.
"""

import json
import sys
import time


def requests_session(urls, workers):
    """One requests.Session, which keeps its connection, in a plain loop."""
    import requests

    with requests.Session() as session:
        start = time.perf_counter()
        size = 0
        for url in urls:
            response = session.get(url)
            response.raise_for_status()
            size += len(response.content)
        return time.perf_counter() - start, size


def thread_pool(urls, workers):
    """A ThreadPoolExecutor whose initializer makes a requests.Session a thread.

    A Session isn't promised to be safe for several threads. The default
    HTTPAdapter keeps 10 connections a host; a thread uses one of them.
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

    with ThreadPoolExecutor(max_workers=workers, initializer=open_session) as pool:
        start = time.perf_counter()
        size = sum(pool.map(download, urls))
        return time.perf_counter() - start, size


def aiohttp_gather(urls, workers):
    """One ClientSession; its connector limits the connections (0: no limit)."""
    import asyncio

    import aiohttp

    async def download(session, url):
        async with session.get(url) as response:
            return len(await response.read())

    async def download_all():
        connector = aiohttp.TCPConnector(limit=workers)
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
            start = time.perf_counter()
            sizes = await asyncio.gather(*(download(session, url) for url in urls))
            return time.perf_counter() - start, sum(sizes)

    return asyncio.run(download_all())


def aiohttp_tasks(urls, workers):
    """One ClientSession and as many tasks as workers, which share the URLs.

    Nothing queues inside the connector, which saves aiohttp time and memory
    when there are many more URLs than connections.
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
        connector = aiohttp.TCPConnector(limit=workers)
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
            queue = iter(urls)
            start = time.perf_counter()
            sizes = await asyncio.gather(*(download_some(session, queue) for _ in range(workers)))
            return time.perf_counter() - start, sum(sizes)

    return asyncio.run(download_all())


WAYS = {way.__name__: way for way in (requests_session, thread_pool, aiohttp_gather, aiohttp_tasks)}


def raise_file_limit(need):
    """Raise the soft limit on open files, as far as the hard limit allows."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < need:
        most = need if hard == resource.RLIM_INFINITY else min(need, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def versions():
    """This Python's version, and each package's version or import error."""
    import importlib
    import platform

    found = {"python": platform.python_version(), "packages": {}, "missing": {}}
    for name in ("requests", "aiohttp"):
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
    raise_file_limit(job["open_files"])
    pages = job["pages"]
    urls = [pages[i % len(pages)] for i in range(job["downloads"])]
    seconds, size = WAYS[job["way"]](urls, job["workers"])
    json.dump({"seconds": seconds, "downloads": len(urls), "bytes": size}, sys.stdout)


main()
