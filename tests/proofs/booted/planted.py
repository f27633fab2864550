"""Units that are wrong on purpose, as a drop-in of an operator who did not know better."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.planted import logging_portal
from tests.proofs.booted.operator import Operator

_PROGRAM = "/opt/portevoix-planted.py"
_FOLDER = "etc/systemd/system/portevoix.service.d"
OPEN = "PrivateNetwork=no\n"
"""The portal gets the machine's network."""
LOGGING = (
    f"ExecStart=\nExecStart=/opt/portevoix/current/venv/bin/python {_PROGRAM} serve --state /var/lib/portevoix "
    "--keys /etc/portevoix/keys --socket /run/portevoix/portal.sock\n"
)
"""The portal writes a line for each request."""


@contextlib.contextmanager
def drop_in(operator: Operator, lines: str) -> Iterator[None]:
    """The portal runs with these lines in its unit, while the block runs."""
    machine = operator.machine
    machine.put(Path(logging_portal.__file__), _PROGRAM)
    folder = machine.root / _FOLDER
    folder.mkdir()
    (folder / "planted.conf").write_text(f"[Service]\n{lines}")
    _restart(operator)
    yield
    (machine.root / _FOLDER / "planted.conf").unlink()
    (machine.root / _FOLDER).rmdir()
    _restart(operator)


def _restart(operator: Operator) -> None:
    operator.machine("systemctl", "daemon-reload")
    operator.machine("systemctl", "restart", "portevoix")
    operator.started()
