"""note, notes, assign, tag: what caseworkers leave on a case for each other."""

import argparse
from pathlib import Path

from portal.desk import cases, console, organising
from portal.desk.commands import base
from portal.desk.commands.base import Command
from portal.errors import DeskError


def add(command: Command) -> None:
    """Add them to the command line."""
    noted = command("note", note, "Write a note on a case for colleagues; no reporter ever reads it.")
    base.add_id(noted)
    noted.add_argument("--text-file", metavar="FILE", type=Path, required=True, help="the note, UTF-8 text")
    shown = command("notes", notes, "Show what caseworkers left on a case: notes, tags, whose case it is.")
    base.add_id(shown)
    base.add_json(shown)
    given = command("assign", assign, "Say whose case it is.")
    base.add_id(given)
    given.add_argument("to", metavar="PERSON", nargs="?", help="somebody with a keyring here")
    given.add_argument("--also", metavar="ID", nargs="+", default=[], help="more cases, all for the same person")
    given.add_argument("--nobody", action="store_true", help="instead of PERSON: it is nobody's")
    given.add_argument(
        "--note-file", metavar="FILE", type=Path, help="a note for who has it next: why it is handed on, UTF-8 text"
    )
    tagged = command("tag", tag, "Give a case tags, or take them away.")
    base.add_id(tagged)
    tagged.add_argument("tags", metavar="TAG", nargs="+")
    tagged.add_argument("--remove", action="store_true")


def note(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        organising.note(desk, cases.find(desk.casebook, options.id), base.text_of(options.text_file))
    print(f"The note is on case {options.id}.")
    return base.SUCCESS


def notes(options: argparse.Namespace) -> int:
    with base.open_(options) as desk:
        case = cases.find(desk.casebook, options.id)
        found = organising.notes(desk.casebook, case)
        tags, whose = organising.tags(desk.casebook, case), organising.assigned(desk.casebook, case)
    if options.json:
        said = [{"person": note.person, "at": note.at, "text": note.text} for note in found]
        print(console.as_json({"assigned": whose, "tags": tags, "notes": said}))
        return base.SUCCESS
    print(f"Case {case.name}, {f'with {whose}' if whose else 'with nobody'}")
    if tags:
        print(f"Tags: {console.line(', '.join(tags))}")
    for note in found:
        print(f"\n-- {note.person}, {note.at} --\n{console.indented(console.lines(note.text))}")
    return base.SUCCESS


def assign(options: argparse.Namespace) -> int:
    if (options.to is None) != options.nobody:
        raise DeskError("Say whose case it is: the name of a person, or --nobody.")
    why = base.text_of(options.note_file) if options.note_file else ""
    with base.open_(options, writing=True) as desk:
        names = list(dict.fromkeys([options.id, *options.also]))
        organising.assign_all(desk, [cases.find(desk.casebook, name) for name in names], options.to, why)
    one = len(names) == 1
    print(
        f"{'Case' if one else 'Cases'} {', '.join(names)} {'is' if one else 'are'} with {options.to or 'nobody'} now."
    )
    return base.SUCCESS


def tag(options: argparse.Namespace) -> int:
    with base.open_(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        organising.tag(desk, case, options.tags, remove=options.remove)
        now = organising.tags(desk.casebook, case)
    print(f"Tags of case {options.id}: {console.line(', '.join(now)) or 'none'}")
    return base.SUCCESS
