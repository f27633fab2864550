"""Keeps an onion service published, whatever happens to tor: one thread, one state that can be read, one callback."""

import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .errors import TorError
from .instance import Tor
from .key import OnionKey
from .limits import Limits
from .onion import Service
from .session import Session, Stop
from .state import OnionState, Step


class OnionKeeper:
    """Publishes an onion service and keeps it published.

    `key`, `target`, `proof_of_work`, `max_streams` and `clients` are those of `onion.Service`; `tor` is a `ManagedTor`
    or a `SystemTor`. `report` gets each new `OnionState`, in the keeper's thread; it must be quick and must not raise.

    Nothing here fails for want of tor or of a network: the problem is in the state, and it is tried again for as long
    as the keeper runs. Raises `SettingError` for arguments that can never work.
    """

    def __init__(
        self,
        *,
        key: OnionKey,
        target: Path,
        tor: Tor,
        proof_of_work: bool = True,
        max_streams: int | None = None,
        clients: Sequence[str] = (),
        report: Callable[[OnionState], None] = lambda state: None,
        limits: Limits | None = None,
    ) -> None:
        self._service = Service(key, target.absolute(), proof_of_work, max_streams, tuple(clients))
        self._tor = tor
        self._report = report
        self._limits = limits or Limits()
        self._state = OnionState(key.address)
        self._changed = threading.Condition()
        self._events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        # The way down: asked to withdraw; withdrawn; asked to let tor go.
        self._withdrawing, self._withdrawn, self._ending = threading.Event(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="tor-keeper", daemon=True)

    @property
    def state(self) -> OnionState:
        """What is known now."""
        with self._changed:
            return self._state

    def start(self) -> None:
        """Begins; returns at once. A keeper is started once."""
        self._thread.start()

    def wait(self, wish: Callable[[OnionState], bool], timeout_s: float) -> OnionState:
        """Waits until the state is as wished, at most `timeout_s` seconds; returns the state, wished for or not."""
        with self._changed:
            self._changed.wait_for(lambda: wish(self._state), timeout_s)
            return self._state

    def withdraw(self) -> None:
        """Lets no new visitor in; those who are connected go on, since tor still runs. Within `Limits.stop_s`."""
        self._withdrawing.set()
        self._events.put(Stop())
        if self._thread.is_alive():
            self._withdrawn.wait(self._limits.stop_s)

    def stop(self) -> None:
        """Withdraws the service, and ends a managed tor with all connections. Within four times `Limits.stop_s`."""
        self.withdraw()
        self._ending.set()
        if self._thread.ident is None:
            return
        self._thread.join(self._limits.stop_s)
        if self._thread.is_alive():
            # It waits for an answer of tor's: without a connection it gets none, and goes on.
            self._tor.release(self._limits)
            self._thread.join(self._limits.stop_s)

    def _run(self) -> None:
        pause_s = self._limits.retry_first_s
        while not self._withdrawing.is_set():
            problem = self._session()
            if self.state.published:
                pause_s = self._limits.retry_first_s
            if problem:
                self._change(step=Step.STARTING, progress=0, summary="", reachable=None, problem=problem)
                self._withdrawing.wait(pause_s)
                pause_s = min(pause_s * 2, self._limits.retry_most_s)
        self._change(step=Step.STOPPED, progress=0, summary="", reachable=None, problem=None)
        self._withdrawn.set()

    def _session(self) -> TorError | None:
        """One connection from its start to its end; returns why it ended, None if that was wished."""
        events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._events = events
        # A wish to stop that came before this line went into the old queue, and is seen here.
        if self._withdrawing.is_set():
            return None
        self._change(step=Step.STARTING)
        try:
            control = self._tor.connect(self._limits)
            Session(control, self._service, self._tor.host, self._limits, events, self._change).run()
        except Stop:
            self._change(step=Step.STOPPED, progress=0, summary="", reachable=None, problem=None)
            self._withdrawn.set()
            self._ending.wait()
        except TorError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever it is, a portal that nobody watches over is worse
            return TorError(f"Watching tor failed ({type(error).__name__}): please report this; it is tried anew.")
        finally:
            self._tor.release(self._limits)
        return None

    def _change(self, **fields: Any) -> None:
        with self._changed:
            before = self._state
            self._state = state = replace(before, **fields)
            self._changed.notify_all()
        if _telling(state) != _telling(before):
            self._report(state)


def _telling(state: OnionState) -> object:
    # Two errors are never equal, but the same problem is told once.
    return replace(state, problem=None), str(state.problem or "")
