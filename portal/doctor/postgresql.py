"""Does the database server keep its promises: what is acknowledged stays, and nothing says when or in which order?"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.doctor.finding import Finding, Level, gathered, warn

CHECK = "postgresql"


@dataclass(frozen=True)
class Setting:
    """A setting, the values that are right (the first one is advised), and what another one does."""

    name: str
    right: tuple[str, ...]
    level: Level
    harm: str


SETTINGS = (
    Setting("fsync", ("on",), "bad", "a power cut loses reports whose receipts were shown"),
    Setting("full_page_writes", ("on",), "bad", "a power cut can damage the database"),
    Setting("track_commit_timestamp", ("off",), "bad", "the server keeps the time at which each report came"),
    Setting("log_statement", ("none", "ddl"), "bad", "the server's log tells when each report came"),
    Setting("log_min_duration_statement", ("-1",), "bad", "the server's log tells when reports came"),
    Setting("log_duration", ("off",), "bad", "the server's log tells when each report came"),
    Setting("log_min_error_statement", ("panic",), "warn", "the server's log can tell when a report came"),
    Setting("archive_mode", ("off",), "warn", "old write-ahead logs are kept, and in them the order of arrival"),
    Setting("wal_recycle", ("off",), "warn", "the order of arrival stays in old write-ahead logs"),
)
"""docs/operations.md, PostgreSQL."""


RIGHTS = {
    "pg_checkpoint": ("", "old tables stay on the disk for a while after `portal tend`"),
    "pg_switch_wal()": ("EXECUTE ON FUNCTION ", "the write-ahead log still has the moment of a report after it"),
    "pg_stat_reset_single_table_counters(oid)": (
        "EXECUTE ON FUNCTION ",
        "the server counts all reports there ever were",
    ),
}
"""How a right is granted, and what happens without it (docs/operations.md)."""


def check(found: Mapping[str, str], rights: Mapping[str, bool]) -> Finding:
    """The settings of the server that holds the reports, and what the portal's user may do there."""
    problems = itertools.chain(_problems(found), _missing(rights))
    return gathered(CHECK, problems, "The server writes before it answers, and keeps neither time nor order.")


def _missing(rights: Mapping[str, bool]) -> Iterator[Finding]:
    for right, granted in rights.items():
        grant, harm = RIGHTS[right]
        if not granted:
            fix = f"`GRANT {grant}{right} TO USER` as the superuser, in the portal's database, USER being the portal's."
            yield warn(CHECK, f"The portal's user may not use {right}: {harm}.", fix)


def _problems(found: Mapping[str, str]) -> Iterator[Finding]:
    for setting in SETTINGS:
        value = found.get(setting.name)
        if value is not None and value not in setting.right:
            yield Finding(
                CHECK,
                setting.level,
                f"{setting.name} is {value}: {setting.harm}.",
                f"`ALTER SYSTEM SET {setting.name} = '{setting.right[0]}'` as the server's superuser, then "
                "`systemctl restart postgresql`.",
            )
