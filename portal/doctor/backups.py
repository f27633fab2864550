"""Is there a backup of yesterday, and none that should be gone?"""

import re
from datetime import date
from pathlib import Path

from portal.doctor.finding import Finding, bad, ok, warn

CHECK = "backup"
FOLDER = Path("/var/backups/portevoix")
FRESH_DAYS = 2
"""The nightly backup is at most so old, days."""
KEPT_DAYS = 7
"""No backup is kept longer, days: it holds what reporters and desks deleted since."""
_NAME = re.compile(r"portevoix-([0-9]{4}-[0-9]{2}-[0-9]{2})\.age")
_FIX = (
    "Put the recipient of your backups (age1pq1…) into /etc/portevoix/backup.recipients, then "
    "`systemctl start portevoix-backup`; by hand `portal backup`. Elsewhere than in the usual folder: --backups DIR."
)


def check(folder: Path, today: date) -> Finding:
    """The backups in a folder, as `portal backup --into` names them."""
    days = sorted(filter(None, map(_day, folder.iterdir()))) if folder.is_dir() else []
    if not days:
        return bad(CHECK, f"There is no backup in {folder}: if this machine breaks, every report in it is lost.", _FIX)
    age = (today - days[-1]).days
    if age > KEPT_DAYS:
        return bad(CHECK, f"The newest backup is {age} days old.", _FIX)
    if age > FRESH_DAYS:
        return warn(CHECK, f"The newest backup is {age} days old.", _FIX)
    if (today - days[0]).days > KEPT_DAYS:
        return warn(
            CHECK,
            f"A backup of {days[0]} is still there, with what reporters and desks deleted after it.",
            f"`rm {folder}/portevoix-{days[0]}.age`, and every copy that is older than {KEPT_DAYS} days.",
        )
    return ok(CHECK, f"The newest backup is of {days[-1]}.")


def _day(path: Path) -> date | None:
    found = _NAME.fullmatch(path.name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
