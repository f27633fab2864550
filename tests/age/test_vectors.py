"""The official vectors of C2SP/CCTV and our frozen ones, through the library and through the command line."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from portal.age import parse_identity, parse_recipient
from portal.age.header import Header, Reader
from portal.errors import AgeError, KeyFailure

from .conftest import Finished, Npm
from .vectors import OWN, SUCCESS, Vector, outcome, own, own_names

OFFICIAL_VECTORS = 143


def by_command(vector: Vector, run: Callable[..., Finished], folder: Path) -> tuple[str, str | None]:
    """As `outcome`, through the command line. A failure must be one line with one category."""
    options: list[str] = []
    if vector.identities:
        (folder / "identities").write_text("\n".join(vector.identities) + "\n", "utf-8")
        options += ["-i", str(folder / "identities")]
    for number, passphrase in enumerate(vector.passphrases):
        (folder / f"passphrase-{number}").write_text(passphrase, "utf-8")
        options += ["--passphrase-file", str(folder / f"passphrase-{number}")]
    done = run("decrypt", *options, stdin=vector.file)
    assert done.status == (1 if done.stderr else 0)
    assert done.stderr.count("\n") == done.status
    result = done.stderr.strip() or SUCCESS
    return result, hashlib.sha256(done.stdout).hexdigest() if vector.payload else None


def test_official_vectors(cctv: dict[str, Vector], subtests: pytest.Subtests) -> None:
    assert len(cctv) == OFFICIAL_VECTORS
    for name, vector in cctv.items():
        with subtests.test(name):
            assert outcome(vector, [vector.file]) == (vector.expect, vector.payload)


def test_official_vectors_by_command(
    cctv: dict[str, Vector], command: Callable[..., Finished], tmp_path: Path, subtests: pytest.Subtests
) -> None:
    for name, vector in cctv.items():
        with subtests.test(name):
            assert by_command(vector, command, tmp_path) == (vector.expect, vector.payload)


def test_headers_encode_to_the_bytes_they_were_read_from(cctv: dict[str, Vector], subtests: pytest.Subtests) -> None:
    for name, vector in cctv.items():
        if vector.armored or vector.expect == "header failure":
            continue
        with subtests.test(name):
            header = Header.read(Reader([vector.file]))
            assert vector.file.startswith(bytes(header))
            assert Header.build(header.stanzas, bytes(16)).covered == header.covered


@pytest.mark.parametrize("name", own_names())
def test_own_vector(name: str, command: Callable[..., Finished], tmp_path: Path) -> None:
    vector = own(name)
    expected = (vector.expect, vector.payload)
    assert outcome(vector, [vector.file]) == expected
    assert outcome(vector, [vector.file[i : i + 1] for i in range(len(vector.file))]) == expected
    assert by_command(vector, command, tmp_path) == expected


def test_npm_opens_our_frozen_files(npm: Npm, subtests: pytest.Subtests) -> None:
    for name in own_names():
        if not name.startswith("portal_"):
            continue
        with subtests.test(name):
            vector = own(name)
            assert hashlib.sha256(npm.open(vector)).hexdigest() == vector.payload


KEYS = json.loads((OWN / "keys.json").read_text("utf-8"))


@pytest.mark.parametrize("pair", KEYS["valid"], ids=lambda pair: pair["recipient"][:14])
def test_frozen_keys(pair: dict[str, str]) -> None:
    identity = parse_identity(pair["identity"])
    assert str(identity) == pair["identity"]
    assert str(identity.recipient) == pair["recipient"]
    assert parse_recipient(pair["recipient"]) == identity.recipient


@pytest.mark.parametrize("refused", KEYS["refused"], ids=lambda refused: refused["why"].replace(" ", "-"))
def test_refused_keys(refused: dict[str, str]) -> None:
    for parse in (parse_recipient, parse_identity):
        with pytest.raises(KeyFailure) as caught:
            parse(refused["key"])
        assert refused["key"][12:40] not in str(caught.value)
        assert isinstance(caught.value, AgeError)
