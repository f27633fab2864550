"""What a reader is promised: the public names, the tree of errors, the limits with their words, where stem is."""

import ast
import inspect
import re
from pathlib import Path

import tor
from tor import errors, limits

PACKAGE = Path(inspect.getfile(tor)).parent


def classes() -> dict[str, type[Exception]]:
    return {name: value for name, value in vars(errors).items() if isinstance(value, type)}


def test_each_public_name_is_there_and_each_error_is_public() -> None:
    assert sorted(set(tor.__all__)) == list(tor.__all__)
    assert all(hasattr(tor, name) for name in tor.__all__)
    assert set(classes()) <= set(tor.__all__)


def test_the_tree_in_words_is_the_tree_in_code() -> None:
    drawn: dict[str, str | None] = {}
    path: list[str] = []
    for indent, name in re.findall(r"^    ([│├└─ ]*)(\w+)", inspect.getdoc(errors) or "", re.MULTILINE):
        depth = len(indent) // 4
        path[depth:] = [name]
        drawn[name] = path[depth - 1] if depth else None
    assert drawn == {
        name: kind.__base__.__name__ if kind is not errors.TorError else None  # type: ignore[union-attr]
        for name, kind in classes().items()
    }


def test_each_limit_has_its_unit_and_its_words() -> None:
    body = next(node for node in ast.parse(inspect.getsource(limits)).body if isinstance(node, ast.ClassDef)).body[1:]
    for field, words in zip(body[::2], body[1::2], strict=True):
        assert isinstance(field, ast.AnnAssign)
        assert isinstance(field.target, ast.Name)
        assert field.target.id.endswith("_s") or field.target.id == "probes_failed"
        assert isinstance(words, ast.Expr)
        assert isinstance(words.value, ast.Constant)


def test_stem_stays_behind_two_modules() -> None:
    knowing = {
        path.stem
        for path in PACKAGE.glob("*.py")
        if re.search(r"^\s*(import|from) stem\b", path.read_text(), re.MULTILINE)
    }
    assert knowing == {"control", "process"}


def test_each_module_is_in_the_overview() -> None:
    listed = set(re.findall(r"^    (\w+)  +\w", inspect.getdoc(tor) or "", re.MULTILINE))
    assert listed == {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
