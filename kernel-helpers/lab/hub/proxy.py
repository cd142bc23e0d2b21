"""The proxy in front of the Hub, which needs no Node.js: configurable-http-proxy of PyPI.

It answers ten requests at a time as it comes, and a student who waits for a server
takes one of them for seconds. So it gets more.
"""

from configurable_http_proxy.cli import main
from tornado.httpclient import AsyncHTTPClient

AsyncHTTPClient.configure(None, max_clients=2000, max_body_size=1 << 30)
main()
