"""Vectors in the format of C2SP/CCTV's age vectors, and how a file of them is opened."""

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from portal.age import Identity, ScryptIdentity, decrypt, parse_identity, strip_armor
from portal.errors import AgeError

OWN = Path(__file__).parent.parent / "vectors" / "age"
SUCCESS = "success"


@dataclass(frozen=True)
class Vector:
    expect: str
    payload: str | None
    identities: tuple[str, ...]
    passphrases: tuple[str, ...]
    armored: bool
    file: bytes

    @classmethod
    def parse(cls, data: bytes) -> "Vector":
        head, _, file = data.partition(b"\n\n")
        fields: dict[str, list[str]] = {}
        for line in head.decode("utf-8").split("\n"):
            key, _, value = line.partition(": ")
            fields.setdefault(key, []).append(value)
        return cls(
            expect=fields["expect"][0],
            payload=fields.get("payload", [None])[0],
            identities=tuple(fields.get("identity", ())),
            passphrases=tuple(fields.get("passphrase", ())),
            armored=fields.get("armored") == ["yes"],
            file=zlib.decompress(file) if fields.get("compressed") == ["zlib"] else file,
        )

    def keys(self) -> list[Identity]:
        return [*map(parse_identity, self.identities), *map(ScryptIdentity, self.passphrases)]


def own_names() -> list[str]:
    return sorted(path.name for path in OWN.iterdir() if not path.suffix and not path.name.startswith("."))


def own(name: str) -> Vector:
    return Vector.parse((OWN / name).read_bytes())


def outcome(vector: Vector, pieces: Iterable[bytes]) -> tuple[str, str | None]:
    """What the library makes of the file: `success` or the failure, and the SHA-256 of what was given out, if the
    vector names one."""
    given = hashlib.sha256()
    result = SUCCESS
    try:
        for chunk in decrypt(vector.keys(), strip_armor(pieces)):
            given.update(chunk)
    except AgeError as error:
        result = error.category
    return result, given.hexdigest() if vector.payload else None
