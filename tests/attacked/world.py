"""The portal that is asked: all of it but tor, in this process, on a unix socket."""

import logging
import socket
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path

from portal import logs, state
from portal.serving import Bounds, Server, unix
from portal.tickets import Seals
from portal.web.errors import page_for_server
from portal.web.reading import watch
from tests.attacked.attack import Attack
from tests.attacked.checker import log_problems, problems
from tests.attacked.visit import Visit
from tests.attacked.wire import Exchange, exchange
from tests.web.world import ONION, WebWorld

BOUND_SECONDS = 10.0
"""No answer takes so long here."""
BOUNDS = {"idle_seconds": 0.3, "headers_seconds": 0.3, "stall_seconds": 0.3, "slow_body_seconds": 0.3}
"""How long a connection may do nothing or crawl, here: for people it is minutes (`portal.limits`), for tests not."""


class World:
    """The portal and its log."""

    def __init__(self, folder: Path) -> None:
        self.web = WebWorld(folder)
        self.path = folder / "s"
        self.log: list[str] = []
        bounds = Bounds(spool=self.web.folder / state.SPOOL, cleanup_seconds=0.05, slowest_body=1_000, **BOUNDS)
        page = partial(page_for_server, self.web.app)
        self.server = Server(self.web.app, [unix(self.path)], page, bounds, watch)
        self._thread = threading.Thread(target=self.server.run)
        self._handler = logging.Handler(logging.WARNING)
        self._handler.setFormatter(logs.Sentences())
        self._handler.emit = lambda record: self.log.append(self._handler.format(record))  # type: ignore[method-assign]
        logging.getLogger("portal").addHandler(self._handler)
        self._thread.start()

    def send(self, raw: bytes, attack: Attack | None = None, bound: float = BOUND_SECONDS) -> Exchange:
        """Send bytes on a connection of their own, in the way of `attack`."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        if attack is None:
            return exchange(connection, raw, bound)
        return exchange(connection, raw, bound, ends=attack.ends, headless=attack.headless, pause=attack.pause)

    def visit(self) -> Visit:
        """Two reporters, and what they hold."""
        return Visit(self.send, ONION, self._seals)

    def _seals(self, later: timedelta) -> Seals:
        """The portal's seals on another day."""
        secrets = self.web.state
        return Seals(secrets.receipt_secret, secrets.session_secrets, lambda: self.web.clock() + later)

    def try_(self, attack: Attack, visit: Visit, bound: float = BOUND_SECONDS) -> list[str]:
        """Attack, and what is wrong with what came of it, each with the attack's name."""
        begin = len(self.log)
        found = problems(attack, visit, self.send(visit.fill(attack.template()), attack, bound))
        return [f"{attack.name}: {problem}" for problem in [*found, *log_problems(self.log[begin:])]]

    def reports(self) -> int:
        """How many reports are stored."""
        return len({item.id for name in self.web.desks for item in self.web.store.waiting(name)})

    def close(self) -> None:
        """End it."""
        logging.getLogger("portal").removeHandler(self._handler)
        self.server.stop()
        self._thread.join()
        self.web.store.close()
