"""HTTP on sockets: waitress, with what it lacks for people whose safety hangs on it.

Rules kept here:
- A body goes into a spool, or into what the application makes for it (`body.Keeper`): nothing of it is ever on a disk
  in clear. Nor is anything of an answer.
- Every limit has an answer that the client can read: a refused body is read and dropped, then the page comes.
- A text report always gets through: it needs no room among the bytes in flight, no thread that a file or a guess at a
  receipt could hold, and no connection that somebody keeps open for nothing.
- Every error page is the caller's. waitress' own text never leaves.
- Nothing about a request is logged: no address, no path, no size, no time.

The seams of waitress that are used: `BaseWSGIServer.channel_class`, `HTTPChannel.parser_class`, `task_class` and
`error_task_class`, and the buffer behind the parser's body receiver.

    listen     sockets that are bound, or an error that says why not
    bounds     what is allowed
    body       one body on its way in, and all of them together
    chunked    the chunked transfer coding
    parser     one request
    tasks      one answer
    channel    one connection
    workers    the threads
    server     all of it
    discreet   what a log may say
"""

from portal.serving.bounds import Bounds
from portal.serving.listen import preview, unix
from portal.serving.server import Server
from portal.serving.tasks import ErrorPage

__all__ = ["Bounds", "ErrorPage", "Server", "preview", "unix"]
