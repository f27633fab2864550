"""What an upload costs at the least: stock waitress and Werkzeug's parser, and every file dropped.

`python -m tests.bench.baseline PORT` serves it on loopback until it is ended.
"""

import io
import sys
from typing import Any

import flask
import waitress

from portal import limits


class Nothing(io.RawIOBase):
    """Takes everything and keeps nothing."""

    def write(self, data: Any) -> int:
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0


class Request(flask.Request):
    def _get_file_stream(self, *arguments: Any, **named: Any) -> Any:
        return Nothing()


app = flask.Flask(__name__)
app.request_class = Request


@app.route("/", methods=["GET", "POST"])
def take() -> str:
    """The form and its answer."""
    return f'<form action="/"><input type="file" name="attachment"></form>{len(flask.request.files)}'


if __name__ == "__main__":
    waitress.serve(
        app,
        listen=f"127.0.0.1:{sys.argv[1]}",
        recv_bytes=limits.RECV_BYTES,
        connection_limit=limits.CONNECTIONS,
        asyncore_use_poll=True,
    )
