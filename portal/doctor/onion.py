"""tor, its version and its defences, and whether a visitor reaches the portal: asked through tor, over a new circuit.

The only module of the portal beside its server that knows tor.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal import state
from portal.doctor.finding import Finding, bad, ok, warn
from portal.doctor.machine import Machine
from portal.settings import Settings
from tor import Limits, OnionKey, TorError, Unreachable, checkup
from tor.control import OLDEST_TOR, Control, Endpoint

WITH_WORK = (0, 4, 8)
"""The first tor whose onion services can ask visitors for work (proposal 327)."""
_INSTALL = "`apt-get install tor` from deb.torproject.org, whose tor is newer than Debian's."

_BLOCKED = "`journalctl -u portevoix-tor` says more; where Tor is blocked, put bridges into /etc/portevoix/torrc."


@dataclass(frozen=True)
class Tor:
    """The tor that publishes the portal, as far as it can be asked: `control` is None where it does not answer."""

    control: Control | None = field(default=None, repr=False)
    facts: checkup.Facts | None = None
    problem: str = ""
    host: str = ""


@contextlib.contextmanager
def ask(chosen: Settings, limits: Limits) -> Iterator[Tor]:
    """The tor of these settings: the system's, or that of the portal that runs."""
    try:
        endpoint = Endpoint.parse(chosen.tor_control or str(chosen.state / "tor" / "control"))
        control = Control.connect(endpoint, limits)
    except TorError as error:
        yield Tor(problem=str(error))
        return
    with contextlib.closing(control):
        try:
            facts = checkup.facts(control)
        except TorError as error:
            yield Tor(problem=str(error))
        else:
            yield Tor(control, facts, host=endpoint.host)


def check_version(machine: Machine, tor: Tor) -> Finding:
    """Is tor recent?"""
    version = tor.facts.version if tor.facts else _installed(machine)
    if version is None:
        return bad("tor version", "There is no tor here.", _INSTALL)
    advice = tor.facts.advice if tor.facts else ""
    if _numbers(version) < OLDEST_TOR:
        return bad("tor version", f"tor {version} is too old for the portal.", _INSTALL)
    if advice == "obsolete":
        return bad("tor version", f"tor {version} is obsolete: the Tor network advises against it.", _INSTALL)
    if advice not in checkup.SOUND_ADVICE:
        return warn("tor version", f"The Tor network calls tor {version} {advice}.", _INSTALL)
    return ok("tor version", f"This is tor {version}{', which is recommended' if advice == 'recommended' else ''}.")


def check_work(machine: Machine, chosen: Settings, tor: Tor) -> Finding:
    """Can visitors be asked for proof of work when the service is flooded?"""
    check = "tor proof of work"
    version = tor.facts.version if tor.facts else _installed(machine)
    if version is None:
        return bad(check, "There is no tor here.", _INSTALL)
    if not chosen.proof_of_work:
        fix = f"Take `proof_of_work = false` out of {chosen.state}/portal.toml, then start the portal again."
        return warn(check, "The defence against floods is switched off: somebody can keep all others out.", fix)
    modules = machine.run(["tor", "--list-modules"]) or ""
    if _numbers(version) < WITH_WORK or "pow: no" in modules:
        return warn(check, f"tor {version} has no defence against floods: somebody can keep all others out.", _INSTALL)
    return ok(check, "When the service is flooded, visitors' tors work for their turn.")


def check_reachable(chosen: Settings, tor: Tor, serving: bool, limits: Limits) -> Finding:
    """Does the onion address answer somebody who comes from outside?"""
    check = "onion address"
    if not serving:
        return warn(check, "Nobody is asked, since no portal serves this state.", "`systemctl start portevoix`")
    if tor.control is None:
        return bad(check, f"tor cannot be asked: {tor.problem}", "`systemctl status portevoix-tor`")
    with contextlib.suppress(TorError):
        if way := checkup.on_its_way(tor.control):
            return bad(check, f"tor has not entered the Tor network: it stands at {way}.", _BLOCKED)
    path = state.secret_path(chosen.state, state.ONION_KEY)
    try:
        address = OnionKey.load(path, guarded=True).address
    except TorError as error:
        return warn(check, f"The address is not known here: {error}", "Ask as the portal does: `portevoix doctor`.")
    try:
        checkup.visit(tor.control, address, limits, tor.host)
    except Unreachable as error:
        return bad(check, str(error), "`journalctl -u portevoix-tor -u portevoix` says more; look at the line first.")
    except TorError as error:
        return warn(check, str(error), "`journalctl -u portevoix-tor`, and SocksPort in /etc/portevoix/torrc")
    return ok(check, f"{address} answers, from outside through tor.")


def _installed(machine: Machine) -> str | None:
    """The version of the tor that is installed."""
    said = machine.run([shutil.which("tor") or "/usr/sbin/tor", "--version"]) or ""
    found = re.search(r"Tor version (\S+?)\.?(?:\s|$)", said)
    return found[1] if found else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
