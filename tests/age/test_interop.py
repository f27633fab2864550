"""Files go both ways between portal.age and three independent implementations."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest

from portal.age import (
    HybridIdentity,
    HybridRecipient,
    ScryptIdentity,
    ScryptRecipient,
    X25519Identity,
    armor,
    dearmor,
    decrypt,
    encrypt,
    parse_identity,
    parse_recipient,
    strip_armor,
)
from portal.age.payload import CHUNK_BYTES

from .conftest import Finished, Npm, NpmError
from .terminal import run_with_passphrases
from .vectors import SUCCESS, own, own_names

CONTENTS = [b"", "zwei Männer, ein Auto".encode(), bytes(CHUNK_BYTES), bytes(range(256)) * 600]
SIZES = [str(len(content)) for content in CONTENTS]
PASSPHRASE = "grüezi mitenand"
EASY = 4
"""Scrypt work factor where the test chooses it."""

HYBRID = HybridIdentity.generate()
X25519 = X25519Identity.generate()


def sealed(*arguments: object, content: bytes) -> bytes:
    return b"".join(encrypt(list(arguments), [content]))  # type: ignore[arg-type]


class TestNpm:
    @pytest.mark.parametrize("content", CONTENTS, ids=SIZES)
    @pytest.mark.parametrize("identity", [HYBRID, X25519], ids=["hybrid", "x25519"])
    def test_both_ways(self, npm: Npm, identity: HybridIdentity | X25519Identity, content: bytes) -> None:
        theirs = npm("encrypt", str(identity.recipient), file=content)
        assert b"".join(decrypt([identity], [theirs])) == content
        assert npm("decrypt", str(identity), file=sealed(identity.recipient, content=content)) == content

    def test_keys_of_each_other(self, npm: Npm) -> None:
        for secret, recipient in json.loads(npm("keys")):
            assert parse_recipient(recipient) == parse_identity(secret).recipient
            assert npm("decrypt", secret, file=sealed(parse_recipient(recipient), content=b"x")) == b"x"

    def test_many_recipients(self, npm: Npm) -> None:
        identities = [HybridIdentity.generate() for _ in range(4)]
        recipients = [identity.recipient for identity in identities]
        ours = sealed(*recipients, content=b"all")
        theirs = npm("encrypt", *map(str, recipients), file=b"all")
        for identity in identities:
            assert npm("decrypt", str(identity), file=ours) == b"all"
            assert b"".join(decrypt([identity], [theirs])) == b"all"

    def test_passphrases(self, npm: Npm) -> None:
        theirs = npm("encryptPassphrase", str(EASY), PASSPHRASE, file=b"x")
        assert b"".join(decrypt([ScryptIdentity(PASSPHRASE)], [theirs])) == b"x"
        assert (
            npm("decryptPassphrase", PASSPHRASE, file=sealed(ScryptRecipient(PASSPHRASE, EASY), content=b"x")) == b"x"
        )

    def test_armor(self, npm: Npm) -> None:
        for size in (0, 1, 47, 48, 49, 5000):
            data = bytes(range(256)) * 20
            ours = b"".join(armor([data[:size]]))
            assert npm("armor", file=data[:size]) == ours
            assert b"".join(dearmor([ours])) == data[:size]
            if size:
                assert npm("dearmor", file=ours) == data[:size]

    def test_it_refuses_what_we_refuse(self, npm: Npm, subtests: pytest.Subtests) -> None:
        for name in own_names():
            vector = own(name)
            if vector.expect == SUCCESS:
                continue
            with subtests.test(name), pytest.raises(NpmError):
                npm.open(vector)

    def test_it_refuses_a_recipient_that_we_refuse(self, npm: Npm) -> None:
        with pytest.raises(NpmError):
            npm("encrypt", str(HYBRID.recipient)[:-1] + "b", file=b"")


class TestDebian:
    @pytest.fixture
    def key_file(self, tmp_path: Path) -> Path:
        path = tmp_path / "key"
        path.write_text(f"# test\n{X25519}\n", "ascii")
        return path

    @pytest.mark.parametrize("content", CONTENTS, ids=SIZES)
    @pytest.mark.parametrize("options", [[], ["-a"]], ids=["binary", "armored"])
    def test_x25519(self, debian_age: str, key_file: Path, options: list[str], content: bytes) -> None:
        command = [debian_age, *options, "-r", str(X25519.recipient)]
        theirs = subprocess.run(command, input=content, capture_output=True, check=True).stdout
        assert b"".join(decrypt([X25519], strip_armor([theirs]))) == content
        ours = sealed(X25519.recipient, content=content)
        if options:
            ours = b"".join(armor([ours]))
        opened = subprocess.run([debian_age, "-d", "-i", str(key_file)], input=ours, capture_output=True, check=True)
        assert opened.stdout == content

    def test_it_opens_our_passphrases(self, debian_age: str) -> None:
        ours = sealed(ScryptRecipient(PASSPHRASE, EASY), content=b"locked")
        done = run_with_passphrases([debian_age, "-d"], [PASSPHRASE], ours)
        assert (done.returncode, done.stdout) == (0, b"locked")
        assert run_with_passphrases([debian_age, "-d"], ["another"], ours).returncode == 1

    def test_we_open_its_passphrases(self, debian_age: str, command: Callable[..., Finished], tmp_path: Path) -> None:
        done = run_with_passphrases([debian_age, "-p"], [PASSPHRASE] * 2, str(X25519).encode())
        assert done.returncode == 0, done.stderr
        # What it locked is an identity file: the command line takes it with the passphrase.
        (tmp_path / "key.age").write_bytes(done.stdout)
        (tmp_path / "passphrase").write_text(PASSPHRASE + "\n", "utf-8")
        options = ["-i", str(tmp_path / "key.age"), "--passphrase-file", str(tmp_path / "passphrase")]
        opened = command("decrypt", *options, stdin=sealed(X25519.recipient, content=b"twice"))
        assert opened == Finished(0, b"twice", "")

    def test_it_opens_an_identity_that_we_locked(self, debian_age: str, tmp_path: Path) -> None:
        locked = armor(encrypt([ScryptRecipient(PASSPHRASE, EASY)], [str(X25519).encode()]))
        (tmp_path / "key.age").write_bytes(b"".join(locked))
        file = sealed(X25519.recipient, content=b"twice")
        done = run_with_passphrases([debian_age, "-d", "-i", str(tmp_path / "key.age")], [PASSPHRASE], file)
        assert (done.returncode, done.stdout) == (0, b"twice")


class TestPyrage:
    @pytest.mark.parametrize("content", CONTENTS, ids=SIZES)
    @pytest.mark.parametrize("armored", [False, True], ids=["binary", "armored"])
    def test_x25519(self, content: bytes, armored: bool) -> None:
        theirs = pyrage.encrypt(content, [pyrage.x25519.Recipient.from_str(str(X25519.recipient))], armored=armored)
        assert b"".join(decrypt([X25519], strip_armor([theirs]))) == content
        ours = sealed(X25519.recipient, content=content)
        if armored:
            ours = b"".join(armor([ours]))
        assert pyrage.decrypt(ours, [pyrage.x25519.Identity.from_str(str(X25519))]) == content

    def test_passphrases(self) -> None:
        theirs = pyrage.passphrase.encrypt(b"locked", PASSPHRASE, armored=True)
        assert b"".join(decrypt([ScryptIdentity(PASSPHRASE)], strip_armor([theirs]))) == b"locked"
        ours = sealed(ScryptRecipient(PASSPHRASE, EASY), content=b"locked")
        assert pyrage.passphrase.decrypt(ours, PASSPHRASE) == b"locked"

    def test_it_refuses_what_we_refuse(self) -> None:
        vector = own("pyrage_x25519")
        identity = pyrage.x25519.Identity.from_str(vector.identities[0])
        for position in range(len(vector.file)):
            flipped = bytearray(vector.file)
            flipped[position] ^= 1
            with pytest.raises(pyrage.DecryptError):
                pyrage.decrypt(bytes(flipped), [identity])


def test_recipients_keep_their_form_in_every_program(npm: Npm) -> None:
    """The text of a recipient is part of docs/format.md: nobody may write it another way."""
    (_, hybrid), (_, classical) = json.loads(npm("keys"))
    assert str(HybridRecipient.parse(hybrid)) == hybrid
    assert str(parse_recipient(classical)) == classical
