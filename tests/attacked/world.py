"""The portal that is asked: all of it but tor, in this process on a unix socket, or as it is deployed."""

import logging
import socket
import threading
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from portal import limits, logs, server, settings, state
from portal.serving import Bounds, Server, unix
from portal.tickets import Seals
from portal.web.errors import page_for_server
from portal.web.mailbox import stretches_key
from portal.web.reading import Forms
from tests.attacked.attack import Attack
from tests.attacked.checker import log_problems, problems
from tests.attacked.visit import Visit
from tests.attacked.wire import Exchange, exchange
from tests.e2e.parts import Portal
from tests.web.world import ONION, WebWorld

BOUND_SECONDS = 10.0
"""No answer takes so long here."""


class Target:
    """A portal that can be attacked: what is asked of it, and what it logged."""

    host: str
    """Its onion address."""
    bound = BOUND_SECONDS

    def connect(self) -> socket.socket:
        """A new connection."""
        raise NotImplementedError

    def seals(self, later: timedelta) -> Seals:
        """Its seals on another day."""
        raise NotImplementedError

    def logged(self) -> list[str]:
        """Lines of its log that no request may cause."""
        raise NotImplementedError

    def reports(self) -> int:
        """How many reports are stored."""
        raise NotImplementedError

    def send(self, raw: bytes, attack: Attack | None = None, bound: float | None = None) -> Exchange:
        """Send bytes on a connection of their own, in the way of `attack`."""
        bound = self.bound if bound is None else bound
        if attack is None:
            return exchange(self.connect(), raw, bound)
        ends, headless, pause = attack.ends, attack.headless, attack.pause
        return exchange(self.connect(), raw, bound, ends=ends, headless=headless, pause=pause)

    def visit(self) -> Visit:
        """Two reporters, and what they hold."""
        return Visit(self.send, self.host, self.seals)

    def try_(self, attack: Attack, visit: Visit, bound: float | None = None) -> list[str]:
        """Attack, and what is wrong with what came of it, each with the attack's name."""
        before = len(self.logged())
        found = problems(attack, visit, self.send(visit.fill(attack.template()), attack, bound))
        return [f"{attack.name}: {problem}" for problem in [*found, *log_problems(self.logged()[before:])]]


class World(Target):
    """The portal in this process; connections may be idle, or crawl, for a moment only."""

    host = ONION

    def __init__(self, folder: Path, connections: int = limits.CONNECTIONS) -> None:
        self.web = WebWorld(folder)
        self.path = folder / "s"
        self._log: list[str] = []
        bounds = Bounds(
            spool=self.web.folder / state.SPOOL,
            cleanup_seconds=0.05,
            idle_seconds=0.3,
            headers_seconds=0.3,
            stall_seconds=0.3,
            slow_body_seconds=0.3,
            slowest_body=1_000,
            connections=connections,
        )
        page = partial(page_for_server, self.web.app)
        self.server = Server(self.web.app, [unix(self.path)], page, bounds, Forms(bounds.spool), stretches_key)
        self._thread = threading.Thread(target=self.server.run)
        self._handler = logging.Handler()
        self._handler.setFormatter(logs.Sentences())
        self._handler.emit = lambda record: self._log.append(self._handler.format(record))  # type: ignore[method-assign]
        for name in logs.OURS:
            logging.getLogger(name).setLevel(logs.LEVEL)
            logging.getLogger(name).addHandler(self._handler)
        self._thread.start()

    def connect(self) -> socket.socket:
        """A new connection to its socket."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.path))
        return connection

    def seals(self, later: timedelta) -> Seals:
        """As its own, by another clock."""
        secrets = self.web.state
        return Seals(secrets.receipt_secret, secrets.session_secrets, lambda: self.web.clock() + later)

    def logged(self) -> list[str]:
        """All lines that `portal serve` would write."""
        return self._log

    def reports(self) -> int:
        """Those that wait for a desk."""
        return len({item.id for name in self.web.desks for item in self.web.store.waiting(name)})

    def close(self) -> None:
        """End it."""
        for name in logs.OURS:
            logging.getLogger(name).removeHandler(self._handler)
        self.server.stop()
        self._thread.join()
        self.web.store.close()


class Deployed(Target):
    """`portal serve`, a process of its own with the limits that people have, asked through its preview."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._secrets = state.load(portal.state)
        self.host = server.onion_address(settings.load(portal.state, portal.keys))
        self._address = "127.0.0.1", int(portal.url.rpartition(":")[2])

    def connect(self) -> socket.socket:
        """A new connection to its port."""
        return socket.create_connection(self._address)

    def seals(self, later: timedelta) -> Seals:
        """Made from its secret files, by another clock."""
        return Seals(self._secrets.receipt_secret, self._secrets.session_secrets, lambda: datetime.now(UTC) + later)

    def logged(self) -> list[str]:
        """All lines: there is none for a request."""
        return self._portal.log.read_text("utf-8").splitlines()

    def reports(self) -> int:
        """Those in its database."""
        return self._portal.items()
