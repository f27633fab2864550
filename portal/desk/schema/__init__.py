"""The tables of the casebook, as steps in SQL: `NN_name.sql`, in the order of their names.

A released step never changes.
"""

import sqlite3
from collections.abc import Iterator
from importlib import resources


def steps() -> tuple[str, ...]:
    """The SQL of each step."""
    files = sorted(resources.files(__name__).iterdir(), key=lambda file: file.name)
    return tuple(file.read_text("utf-8") for file in files if file.name.endswith(".sql"))


def statements(step: str) -> Iterator[str]:
    """The statements of a step; a trigger, with statements inside, is one."""
    gathered = ""
    for line in step.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""
    if gathered.strip():
        yield gathered
