"""The options that say which cases are meant: those of list and of search."""

import argparse
import contextlib
import re
from collections.abc import Sequence

from portal.channels import load
from portal.desk import console, deadlines, filtering, rekeying, triage
from portal.desk.filtering import Filter
from portal.desk.session import Desk
from portal.errors import DeskError, RulesError
from portal.report import STATUSES

_MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])", re.ASCII)


def add_filter(parser: argparse.ArgumentParser) -> None:
    """Add them to a command."""
    which = parser.add_argument_group("which cases", "all that is given has to hold")
    which.add_argument("--channel", metavar="CHANNEL")
    which.add_argument("--status", choices=STATUSES)
    which.add_argument("--open", action="store_true", help="something is still to be decided")
    which.add_argument("--urgent", action="store_true")
    which.add_argument("--month", type=_month, metavar="MONTH", help="it came in then: 2026-11")
    whose = which.add_mutually_exclusive_group()
    whose.add_argument("--assigned", metavar="PERSON", help="it is this person's")
    whose.add_argument("--mine", action="store_true", help="it is yours")
    whose.add_argument("--nobodys", action="store_true", help="it is nobody's yet")
    which.add_argument("--tag", metavar="TAG")
    which.add_argument("--flag", metavar="RULE", help="it meets this rule of triage")
    which.add_argument("--due", choices=deadlines.BUCKETS, help="how its first deadline stands; week: the next 7 days")
    which.add_argument("--unseen", action="store_true", help="something came that nobody has looked at")
    which.add_argument("--merged", action="store_true", help="with those that were merged into another case")
    fields = parser.add_argument_group("what its reports say in a field")
    fields.add_argument("--country", metavar="COUNTRY", help="a name, or a code such as TH")
    fields.add_argument("--service", metavar="SERVICE", help="such as Telegram")
    fields.add_argument("--host", metavar="HOST", help="a site or an address of it, and the sites below it")
    fields.add_argument("--account", metavar="NAME", help="a user name, or service:name")


def chosen(options: argparse.Namespace, desk: Desk) -> Filter:
    """What was asked for. Raises DeskError for a channel, a rule or a person that there is none of."""
    if options.channel or options.flag or options.assigned:
        known = filtering.choices(desk.casebook)
        _check("channel", options.channel, [*load(), *known["channel"]])
        _check("rule of triage", options.flag, [*_rules(desk), *known["flag"]])
        _check("person", options.assigned, [*rekeying.people(desk.casebook), *known["assigned"]])
    return Filter(
        channel=options.channel,
        status=options.status,
        is_open=options.open,
        urgent=options.urgent,
        month=options.month,
        assigned=desk.person if options.mine else options.assigned,
        nobodys=options.nobodys,
        tag=options.tag,
        flag=options.flag,
        due=options.due,
        unseen=options.unseen,
        merged=options.merged,
        country=options.country,
        service=options.service,
        host=options.host,
        account=options.account,
    )


def _check(what: str, asked: str | None, known: Sequence[str]) -> None:
    if asked is not None and asked not in known:
        names = ", ".join(map(console.line, dict.fromkeys(known)))
        raise DeskError(f"There is no {what} {console.line(asked)}: choose one of {names}.")


def _rules(desk: Desk) -> list[str]:
    """The keys of the desk's rules; none while they cannot be read."""
    with contextlib.suppress(RulesError):
        return [*(rule.key for rule in triage.load_rules(desk.folder).rules), triage.BY_CHANNEL]
    return []


def _month(text: str) -> str:
    if not _MONTH.fullmatch(text):
        raise argparse.ArgumentTypeError("a month is written 2026-11")
    return text
