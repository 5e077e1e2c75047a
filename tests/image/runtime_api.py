"""A Lambda Runtime API that hands out one event and prints what becomes of it.

Standard library only: the tests run its text inside a container of the image.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event

EVENT = sys.argv[1] if len(sys.argv) > 1 else "{}"
PORT = 9001
_handed_out = Event()
_never = Event()


class RuntimeApi(BaseHTTPRequestHandler):
    """Answers `invocation/next` once, and then as Lambda does while a function is frozen: not at all."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if _handed_out.is_set():
            _never.wait()
        _handed_out.set()
        self._answer(200, EVENT.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        print(self.path.rsplit("/", 1)[1], body, flush=True)
        self._answer(202, b"")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:F")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the base class
        """Says nothing: what is printed is for the test."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", PORT), RuntimeApi)
    print("listening", flush=True)
    server.serve_forever()
