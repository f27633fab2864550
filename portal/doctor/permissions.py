"""Who can read the state folder, its secrets, and who can change the keys?"""

import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal import settings, state
from portal.doctor.finding import Finding, bad, gathered, ok, warn
from portal.doctor.machine import Machine
from portal.settings import Settings

SEALED = "/etc/portevoix/sealed"
"""Where portevoix-seal keeps the secrets for systemd."""
SECRETS = (state.RECEIPT_SECRET, state.SESSION_SECRET, state.SIGNING_KEY, state.ONION_KEY)
_PUBLIC = (state.PUBLIC_KEY, settings.FILE)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def check_files(chosen: Settings) -> Finding:
    """State folder, settings and keys folder."""
    found = [*_state_folder(chosen), *_keys_folder(chosen.keys)]
    return gathered(
        "permissions", found, f"Only the portal's user reads {chosen.state}, and nobody else changes the keys."
    )


def _state_folder(chosen: Settings) -> Iterator[Finding]:
    folder = chosen.state
    owner = folder.stat().st_uid
    if folder.stat().st_mode & _OTHERS:
        yield _open(f"{folder} is open to other users.", f"`chmod 700 {folder}`")
    for path in sorted(folder.iterdir()):
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            continue
        if path.name not in _PUBLIC and found.st_mode & _OTHERS and not stat.S_ISDIR(found.st_mode):
            yield _open(f"{path} is open to other users.", f"`chmod 600 {path}`")
        if found.st_uid != owner:
            yield _open(f"{path} belongs to another user than its folder.", f"`chown {owner} {path}`")
    path = folder / settings.FILE
    if path.exists():
        mode = path.stat().st_mode
        if mode & _OTHERS_WRITE:
            yield _open(f"{path} can be changed by other users.", f"`chmod go-w {path}`")
        if mode & _OTHERS and _has_password(chosen.database):
            yield _open(f"{path} holds the database's password and is open to others.", f"`chmod 600 {path}`")


def _keys_folder(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        return
    for path in (folder, *sorted(folder.iterdir())):
        if path.stat().st_mode & _OTHERS_WRITE:
            yield _open(f"{path} can be changed by other users, who would then read reports.", f"`chmod go-w {path}`")


def _open(message: str, fix: str) -> Finding:
    return bad("permissions", message, fix)


def _has_password(database: str) -> bool:
    try:
        return make_url(database).password is not None
    except (ArgumentError, ValueError):
        return False


def check_secrets(machine: Machine, chosen: Settings) -> Finding:
    """Are all secrets there, each once, and does the disk hold them in clear?"""
    clear = [name for name in SECRETS if (chosen.state / name).exists()]
    sealed = [name for name in SECRETS if _is_sealed(machine, chosen.state, name)]
    missing = [name for name in SECRETS if name not in clear + sealed]
    where = f"in {chosen.state}"
    if missing == [state.ONION_KEY]:
        return warn(
            "secrets",
            f"There is no {state.ONION_KEY} yet: the address of the portal is made by its first start.",
            "`portal address` makes it now; if there was one before, put it back from the backup: `portal restore`.",
        )
    if missing:
        return bad(
            "secrets",
            f"{', '.join(missing)} cannot be found {where}, nor sealed in {SEALED}.",
            "Put it back from the backup (`portal restore`); who is not root sees sealed ones only with "
            "`portevoix doctor`.",
        )
    if both := [name for name in clear if name in sealed]:
        return warn("secrets", f"{', '.join(both)} is sealed, and lies {where} in clear as well.", "`portevoix-seal`")
    if clear:
        return warn(
            "secrets",
            f"The secrets lie {where} as they are: whoever takes the disk has them, unless it is encrypted.",
            "`portevoix-seal` binds them to this machine (docs/operations.md, Installing).",
        )
    return ok("secrets", f"The secrets are sealed to this machine, none lies {where}.")


def _is_sealed(machine: Machine, folder: Path, name: str) -> bool:
    path = state.secret_path(folder, name)
    return (state.is_credential(path) and path.exists()) or _there(machine.path(f"{SEALED}/{name}"))


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except PermissionError:
        return False
