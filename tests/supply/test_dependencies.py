"""What the program imports is named in setup.cfg, what is named is imported, and a decision says why it is there."""

import ast
import configparser
import re
import sys
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.kit.source import ROOT

PACKAGES = packages_distributions()
DATA = {"manimgx-fonts", "manimgx-fonts-cjk"}
"""Packages of files that nothing imports."""
DECISION = ROOT / "docs" / "decisions" / "0029-dependencies.md"


def named(*parts: str) -> set[str]:
    """What setup.cfg asks for: "base", or the name of an extra."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", "utf-8")
    lists = {**settings["options.extras_require"], "base": settings["options"]["install_requires"]}
    lines = "\n".join(lists[part] for part in parts).split("\n")
    return {canonicalize_name(Requirement(line).name) for line in lines if line.strip()}


def imported(paths: Iterable[Path]) -> set[str]:
    """The packages of others that these modules import."""
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return {canonicalize_name(PACKAGES[name][0]) for name in names - sys.stdlib_module_names - {"portal", "tor"}}


DESK = set((ROOT / "portal" / "desk").rglob("*.py"))
PORTAL = {*(ROOT / "portal").rglob("*.py"), *(ROOT / "tor").rglob("*.py")} - DESK


@pytest.mark.parametrize(("extra", "modules"), [("server", PORTAL), ("desk", DESK)])
def test_what_is_imported_is_named(extra: str, modules: set[Path]) -> None:
    assert imported(modules) - named("base", extra) == set()


def test_what_is_named_is_imported() -> None:
    assert named("base", "server", "desk") - DATA == imported(PORTAL | DESK)


def test_why_each_is_there() -> None:
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", DECISION.read_text("utf-8"), re.MULTILINE)
    explained = {canonicalize_name(name.strip()) for row in rows[1:] for name in row.split(",")}
    assert explained - {"-"} == named("base", "server", "desk")
