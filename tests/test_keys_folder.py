"""The folder `keys` of the project holds public keys only."""

import re
from pathlib import Path

import pytest

from portal.age import HybridIdentity, X25519Identity

FOLDER = Path(__file__).parents[1] / "keys"
SECRET = re.compile(rb"AGE-SECRET-KEY|comment: minisign (encrypted )?secret key|PRIVATE KEY|age-encryption\.org", re.I)
ALLOWED = re.compile(r"README\.md|[a-z][a-z0-9-]{0,31}\.(recipients|pub)|roster\.toml(\.minisig)?")


def problems(folder: Path) -> list[str]:
    found = []
    for path in folder.rglob("*"):
        if path.is_dir() or not ALLOWED.fullmatch(path.name) or SECRET.search(path.read_bytes()):
            found.append(path.name)
    return sorted(found)


def test_there_is_nothing_secret_in_it() -> None:
    assert (FOLDER / "README.md").exists()
    assert problems(FOLDER) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("police.recipients", str(HybridIdentity.generate())),
        ("police.pub", "untrusted comment: minisign encrypted secret key\nRWQ"),
        ("police.recipients", str(X25519Identity.generate()).lower()),
        ("police.key", "anything"),
        ("notes.txt", "anything"),
    ],
)
def test_secrets_would_be_found(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert problems(tmp_path) == [name]
