"""What an operator may read about a request that failed: where in the code, and which kind of error.

Never its message, which could carry what was typed, and nothing about the request.
"""

import logging
import sys
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)


def failure() -> None:
    """Log the exception that is being handled, as its kind and the line it comes from."""
    kind, _, trace = sys.exc_info()
    if kind is None or trace is None:
        return
    while trace.tb_next is not None:
        trace = trace.tb_next
    file = Path(trace.tb_frame.f_code.co_filename)
    _log.error("A request failed: %s in %s/%s:%d.", kind.__name__, file.parent.name, file.name, trace.tb_lineno)


class Discreet:
    """Stands where waitress wants a logger: it drops every word of waitress', which names paths and addresses."""

    def exception(self, *arguments: Any, **named: Any) -> None:
        failure()

    def _drop(self, *arguments: Any, **named: Any) -> None:
        pass

    debug = info = warning = error = log = _drop
