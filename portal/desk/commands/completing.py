"""completions: what a shell needs to complete the commands of `desk`."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from portal.desk.commands import base
from portal.desk.commands.base import Command

SHELLS = ("bash", "zsh")


def add(command: Command) -> None:
    """Add it to the command line."""
    printed = command(
        "completions",
        completions,
        "Print what a shell needs to complete commands and options (`source <(desk completions bash)`).",
        desk=False,
    )
    printed.add_argument("shell", choices=SHELLS, help="for which shell")


def completions(options: argparse.Namespace) -> int:
    import shtab  # no other command needs it

    for action in _actions(options.whole):
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(options.whole, options.shell))
    return base.SUCCESS


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)
