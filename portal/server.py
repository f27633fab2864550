"""The composition root of `portal serve`: store, intake, pages, sockets and onion service become one program."""

import functools
import logging
import shutil
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from portal import bundle, helplines, roster, state
from portal.channels import Channel, load
from portal.desks import KeysFolder, warnings
from portal.errors import PortevoixError, SettingsError
from portal.exchange import month_after
from portal.housekeeping import Calendar, Housekeeper
from portal.intake import Intake, Routing
from portal.permits import Permits
from portal.serving import Bounds, Server, preview, unix
from portal.settings import LANGUAGES, Settings
from portal.store import Store, lock_state
from portal.tickets import Seals
from portal.web.app import create_app, warm_up
from portal.web.errors import page_for_server
from portal.web.mailbox import stretches_key
from portal.web.reading import Forms
from portal.web.site import Site
from tor import ManagedTor, OnionKeeper, OnionKey, OnionState, SystemTor, TorError

SOCKET = "portal.sock"
STOP_SECONDS = 4.0
"""After SIGTERM everything has ended within this time; what is under way gets most of it."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What the command line adds for one run: a preview address HOST:PORT, another socket, no onion service."""

    preview: str | None = None
    socket: Path | None = None
    onion: bool = True
    tor_lines: Sequence[str] = ()
    """More lines for the managed tor: how it finds a private network."""


def serve(settings: Settings, options: Options) -> None:
    """Serve until SIGTERM or SIGINT. Raises PortevoixError for whatever keeps it from starting."""
    signal.signal(signal.SIGHUP, lambda number, frame: _log.info("Keys are read anew when their files change."))
    with ExitStack() as stack:
        if settings.database.startswith("sqlite"):
            stack.enter_context(lock_state(settings.state))
        store = stack.enter_context(closing(Store(settings.database)))
        store.check_schema()
        secrets = state.load(settings.state)
        key = _onion_key(settings)
        intake, keys = _intake(settings, secrets, store)
        site = _site(settings, options, secrets, intake, keys, key)
        sockets = [stack.enter_context(preview(options.preview))] if options.preview else []
        sockets.append(stack.enter_context(unix(options.socket or settings.state / SOCKET)))
        app = create_app(site)
        warm_up(app)
        bounds = Bounds(
            spool=settings.state / state.SPOOL,
            submission_bytes=settings.submission_bytes,
            in_flight_bytes=settings.in_flight_bytes,
        )
        server = Server(
            app, sockets, functools.partial(page_for_server, app), bounds, Forms(bounds.spool), stretches_key
        )
        keeper = _keeper(settings, options, key) if options.onion else None
        _run(server, store, keeper, options)


def _run(server: Server, store: Store, keeper: OnionKeeper | None, options: Options) -> None:
    stopped = threading.Event()
    deadline = 0.0

    def stop(number: int, frame: object) -> None:
        nonlocal deadline
        deadline = time.monotonic() + STOP_SECONDS
        stopped.set()
        server.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if options.preview:
        _log.info("Preview: http://%s/ (for a look without Tor; never for reports)", options.preview)
    if keeper is not None:
        keeper.start()
        threading.Thread(target=_withdraw_when, args=(stopped, keeper), name="tor-withdraw").start()
    calendar = Calendar()
    with Housekeeper(store, calendar):
        finished = server.run()
    stopped.set()
    if keeper is not None:
        keeper.stop()
    if not finished:
        _log.info("Some visitors were still sending: they were cut off, and can send again.")
    try:
        store.tend(month_after(calendar.today(), 0), max(deadline - time.monotonic(), 0.1))
    except PortevoixError as error:
        _log.warning("The order of arrival was not forgotten: %s", error)


def _withdraw_when(stopped: threading.Event, keeper: OnionKeeper) -> None:
    """No new visitors from then on; those who are there are served to the end."""
    stopped.wait()
    keeper.withdraw()


def _now() -> datetime:
    return datetime.now(UTC)


def onion_address(settings: Settings) -> str:
    """The address of the onion service, whose key is made if it is not there. Raises SettingsError."""
    return _onion_key(settings).address


def _onion_key(settings: Settings) -> OnionKey:
    path = state.secret_path(settings.state, state.ONION_KEY)
    try:
        return OnionKey.load(path, guarded=True) if state.is_credential(path) else OnionKey.load_or_create(path)
    except TorError as error:
        raise SettingsError(str(error)) from None


def _intake(settings: Settings, secrets: state.State, store: Store) -> tuple[Intake, KeysFolder]:
    channels = load(settings.channel_folder)
    routing = routes(settings, channels)
    names = {desk for desks in routing.desks.values() for desk in desks}
    names |= {routing.fallback} if routing.fallback else set()
    keys = KeysFolder(settings.keys, names, roster.trust(settings.coordination_key, settings.state))
    for sentence in warnings(keys.all(), _now().date()):
        _log.warning("%s", sentence)
    seals = Seals(secrets.receipt_secret, secrets.session_secrets, _now)
    floors = {True: settings.free_bytes_attachments, False: settings.free_bytes_text}

    def has_room(attachments: bool) -> bool:
        return shutil.disk_usage(settings.state).free >= floors[attachments]

    if not has_room(True):
        _log.warning("The disk is nearly full: files are refused, and soon reports as well. Make room.")
    return Intake(store, seals, channels, routing, keys, Permits(settings.permits), has_room), keys


def routes(settings: Settings, channels: Mapping[str, Channel]) -> Routing:
    """Which desks read which channel: what the settings say, else the channel. Raises SettingsError."""
    if unknown := settings.channel_desks.keys() - channels.keys():
        raise SettingsError(f"The settings name a channel that is not there: {', '.join(sorted(unknown))}.")
    desks = {key: tuple(settings.channel_desks.get(key, channel.desks)) for key, channel in channels.items()}
    for channel, names in desks.items():
        for name in names:
            if name not in settings.desks:
                raise SettingsError(f"Channel {channel} goes to the desk {name}, which is not in the settings: add it.")
        if not names:
            raise SettingsError(f"Channel {channel} goes to no desk: name one in the settings.")
    return Routing(desks, settings.fallback)


def _site(
    settings: Settings, options: Options, secrets: state.State, intake: Intake, keys: KeysFolder, key: OnionKey
) -> Site:
    hosts = {key.address}
    if options.preview:
        hosts |= {options.preview.lower(), f"localhost:{options.preview.rpartition(':')[2]}"}
    return Site(
        settings=settings,
        intake=intake,
        channels=intake.channels,
        helplines=helplines.load(settings.helpline_file),
        languages=LANGUAGES,
        hosts=lambda: frozenset(hosts),
        onion=lambda: key.address,
        portal_key_words=bundle.fingerprint(secrets.public_key),
        desk_keys=keys.all,
    )


def _keeper(settings: Settings, options: Options, key: OnionKey) -> OnionKeeper:
    target = options.socket or settings.state / SOCKET
    try:
        if settings.tor_control:
            tor: ManagedTor | SystemTor = SystemTor(settings.tor_control)
        else:
            tor = ManagedTor(settings.state / "tor", [*settings.tor_lines, *options.tor_lines])
        return OnionKeeper(key=key, target=target, tor=tor, proof_of_work=settings.proof_of_work, report=_say)
    except TorError as error:
        raise SettingsError(str(error)) from None


def _say(onion: OnionState) -> None:
    _log.info("Onion service: %s", onion)
