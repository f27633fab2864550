"""settings: what this desk has chosen, each value with what it means."""

import argparse
from pathlib import Path

from portal.desk import console, preferences
from portal.desk.commands import base
from portal.desk.commands.base import Command


def add(command: Command) -> None:
    """Add it to the command line."""
    added = command("settings", settings, "Show the settings of this desk, or change one.")
    added.add_argument("key", metavar="KEY", nargs="?", help="only this one")
    added.add_argument("--value-file", type=Path, metavar="FILE", help="its new value: JSON, or a text as it is")
    added.add_argument("--reset", action="store_true", help="let the shipped value hold again")
    base.add_json(added)


def settings(options: argparse.Namespace) -> int:
    changing = bool(options.value_file or options.reset)
    with base.open_(options, writing=changing) as desk:
        chosen = [preferences.find(options.key)] if options.key or changing else preferences.defined()
        if options.reset:
            preferences.reset(desk, options.key)
        elif options.value_file:
            preferences.put(desk, options.key, preferences.parse(chosen[0], base.text_of(options.value_file)))
        values = {setting.key: preferences.value(desk.casebook, setting) for setting in chosen}
        own = {setting.key for setting in chosen if preferences.is_set(desk.casebook, setting.key)}
    if options.json:
        print(preferences.as_json(values))
        return base.SUCCESS
    for setting in chosen:
        print(setting.key + ("  (this desk's own)" if setting.key in own else ""))
        print(console.indented(setting.meaning))
        print(console.indented(console.line(preferences.as_json(values[setting.key]))) + "\n")
    return base.SUCCESS
