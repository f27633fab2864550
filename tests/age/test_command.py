"""The command line, most of it in this process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.age import (
    HybridIdentity,
    ScryptIdentity,
    ScryptRecipient,
    X25519Identity,
    armor,
    decrypt,
    encrypt,
    limits,
    parse_identities,
    strip_armor,
)

from .conftest import Finished
from .terminal import run_with_passphrases

Command = Callable[..., Finished]
FAILURES = ("header failure", "HMAC failure", "no match", "payload failure", "armor failure")
MODULE = [sys.executable, "-m", "portal.age"]
HYBRID = HybridIdentity.generate()
X25519 = X25519Identity.generate()


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "identity"
    path.write_text(f"# public key: {HYBRID.recipient}\n{HYBRID}\n", "ascii")
    return str(path)


@pytest.fixture
def passphrase_file(tmp_path: Path) -> str:
    path = tmp_path / "passphrase"
    path.write_bytes("grüezi mitenand\r\n".encode())
    return str(path)


def test_encrypt_and_decrypt(command: Command, key_file: str, tmp_path: Path) -> None:
    file = command("encrypt", "-r", str(HYBRID.recipient), stdin=b"secret")
    assert (file.status, file.stderr) == (0, "")
    assert command("decrypt", "-i", key_file, stdin=file.stdout) == Finished(0, b"secret", "")
    text = command("encrypt", "-a", "-r", str(HYBRID.recipient), stdin=b"secret").stdout
    assert text.startswith(b"-----BEGIN AGE ENCRYPTED FILE-----\n")
    assert command("decrypt", "-i", key_file, stdin=b"\n\n" + text) == Finished(0, b"secret", "")


def test_several_recipients_and_identities(command: Command, key_file: str, tmp_path: Path) -> None:
    others = [HybridIdentity.generate() for _ in range(4)]
    (tmp_path / "recipients").write_text(f"# two\n{others[0].recipient}\n{others[1].recipient}\n", "ascii")
    (tmp_path / "more").write_text(f"{HYBRID.recipient}\n", "ascii")
    (tmp_path / "other").write_text(f"{others[3]}\n{X25519}\n", "ascii")
    file = command(
        *("encrypt", "-r", str(others[2].recipient), "-R", str(tmp_path / "recipients"), str(tmp_path / "more")),
        stdin=b"x",
    ).stdout
    assert file.count(b"\n-> mlkem768x25519 ") == 4
    assert command("decrypt", "-i", str(tmp_path / "other"), "-i", key_file, stdin=file) == Finished(0, b"x", "")
    assert command("decrypt", "-i", str(tmp_path / "other"), key_file, stdin=file) == Finished(0, b"x", "")
    assert command("decrypt", "-i", str(tmp_path / "other"), stdin=file) == Finished(1, b"", "no match\n")


def test_passphrases(command: Command, passphrase_file: str, tmp_path: Path) -> None:
    file = command("encrypt", "-p", "--passphrase-file", passphrase_file, stdin=b"locked").stdout
    assert b"".join(decrypt([ScryptIdentity("grüezi mitenand")], [file])) == b"locked"
    file = b"".join(encrypt([ScryptRecipient("grüezi mitenand", 2)], [b"locked"]))
    assert command("decrypt", "--passphrase-file", passphrase_file, stdin=file) == Finished(0, b"locked", "")
    (tmp_path / "wrong").write_text("wrong")
    wrong = ("--passphrase-file", str(tmp_path / "wrong"))
    assert command("decrypt", *wrong, stdin=file) == Finished(1, b"", "no match\n")
    assert command("decrypt", *wrong, "--passphrase-file", passphrase_file, stdin=file).status == 0


@pytest.mark.parametrize("armored", [False, True])
def test_a_locked_identity_file(command: Command, passphrase_file: str, tmp_path: Path, armored: bool) -> None:
    locked = encrypt([ScryptRecipient("grüezi mitenand", 2)], [f"{HYBRID}\n".encode()])
    path = tmp_path / "locked"
    path.write_bytes(b"".join(armor(locked) if armored else locked))
    file = b"".join(encrypt([HYBRID.recipient], [b"x"]))
    done = command("decrypt", "-i", str(path), "--passphrase-file", passphrase_file, stdin=file)
    assert done == Finished(0, b"x", "")
    done = command("keygen", "-y", str(path), "--passphrase-file", passphrase_file)
    assert done == Finished(0, f"{HYBRID.recipient}\n".encode(), "")
    done = command("decrypt", "-i", str(path), stdin=file)
    assert done.status == 1
    assert "--passphrase-file" in done.stderr
    (tmp_path / "wrong").write_text("wrong")
    done = command("decrypt", "-i", str(path), "--passphrase-file", str(tmp_path / "wrong"), stdin=file)
    assert done.status == 1
    assert "cannot be unlocked" in done.stderr


def test_keygen(command: Command) -> None:
    made = command("keygen")
    comment, secret, end = made.stdout.decode("ascii").split("\n")
    (identity,) = parse_identities(secret)
    assert isinstance(identity, HybridIdentity)
    assert comment == f"# public key: {identity.recipient}"
    assert end == made.stderr == ""
    assert command("keygen", "-y", stdin=made.stdout).stdout == f"{identity.recipient}\n".encode()
    classical = command("keygen", "--x25519").stdout
    assert classical.startswith(b"# public key: age1")
    assert command("keygen", "-y", stdin=classical).stdout == classical.split(b" ")[3].split(b"\n")[0] + b"\n"


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        (lambda file: b"", "header failure"),
        (lambda file: b"age-encryption.org/v1\n", "header failure"),
        (lambda file: file.replace(b"v1", b"v9", 1), "header failure"),
        (lambda file: file, "no match"),
        (lambda file: b"-----BEGIN AGE", "armor failure"),
        (lambda file: b"".join(armor([file])), "no match"),
        (lambda file: b"".join(armor([file]))[:-40], "armor failure"),
        (lambda file: b"".join(armor([b"x"])), "header failure"),
        (lambda file: b"\xff" * 5000, "header failure"),
    ],
)
def test_decrypt_without_a_key_still_reads_the_header(
    command: Command, change: Callable[[bytes], bytes], failure: str
) -> None:
    file = b"".join(encrypt([HYBRID.recipient], [b"x"]))
    assert command("decrypt", stdin=change(file)) == Finished(1, b"", failure + "\n")


def test_good_chunks_come_out_before_a_payload_failure(command: Command, key_file: str) -> None:
    plaintext = bytes(200_000)
    file = bytearray(b"".join(encrypt([HYBRID.recipient], [plaintext])))
    file[-1] ^= 1
    assert command("decrypt", "-i", key_file, stdin=bytes(file)) == Finished(1, plaintext[:196608], "payload failure\n")


def test_verbose_says_why(command: Command, key_file: str) -> None:
    file = b"".join(encrypt([X25519.recipient], [b"x"]))
    done = command("decrypt", "-v", "-i", key_file, stdin=file)
    assert done.stderr.startswith("no match: None of the keys opens this file")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["encrypt"], "There is no recipient to encrypt to."),
        (["encrypt", "-r", "age1wrong"], "A key age1… has 62 characters, not 9; copy it again, whole."),
        (["encrypt", "-r", "nonsense"], "This is not a recipient of a kind that is known here (age1pq1… or age1…)."),
        (["encrypt", "-r", str(X25519)], "This is an identity, which is secret: give its recipient (age1…) instead."),
        (["encrypt", "-R", "{folder}/bad"], "{folder}/bad: Line 2: This is not a recipient"),
        (["encrypt", "-R", "{folder}/none"], "{folder}/none: No such file or directory"),
        (["encrypt", "-R", "{folder}"], "{folder}: Is a directory"),
        (["encrypt", "-r", str(HYBRID.recipient), "-r", str(X25519.recipient)], "Post-quantum recipients"),
        (["decrypt", "-i", "{folder}/bad"], "{folder}/bad: Line 2: This is not an identity"),
        (["decrypt", "-i", "{folder}/none"], "{folder}/none: No such file or directory"),
        (["decrypt", "-i", "{folder}/large"], "{folder}/large is too large for a file of keys."),
        (["decrypt", "--passphrase-file", "{folder}/none"], "{folder}/none: No such file or directory"),
        (["keygen", "-y"], "the standard input: There is no identity in it"),
    ],
)
def test_what_is_wrong_with_the_keys_is_said_in_one_line(
    command: Command, tmp_path: Path, arguments: list[str], message: str
) -> None:
    (tmp_path / "bad").write_bytes(b"# comment\nsecret-content \xff\n")
    with (tmp_path / "large").open("wb") as file:
        file.truncate(limits.KEY_FILE_BYTES + 1)
    done = command(*(argument.format(folder=tmp_path) for argument in arguments))
    assert (done.status, done.stdout) == (1, b"")
    assert done.stderr.startswith("error: " + message.format(folder=tmp_path))
    assert done.stderr.count("\n") == 1
    assert "secret-content" not in done.stderr
    assert not any(failure in done.stderr for failure in FAILURES)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda data: b"".join(armor([data])))))
def test_any_input_gives_one_line(command: Command, key_file: str, stdin: bytes) -> None:
    done = command("decrypt", "-i", key_file, stdin=stdin)
    assert done.status == 1
    assert done.stderr.removesuffix("\n") in FAILURES


class TestProcess:
    """What only a real process shows."""

    def run(self, *arguments: str, stdin: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run([*MODULE, *arguments], input=stdin, capture_output=True)

    def test_round_trip(self, key_file: str) -> None:
        content = os.urandom(300_000)
        file = self.run("encrypt", "-r", str(HYBRID.recipient), stdin=content).stdout
        done = self.run("decrypt", "-i", key_file, stdin=file)
        assert (done.returncode, done.stdout, done.stderr) == (0, content, b"")

    def test_failure(self, key_file: str) -> None:
        done = self.run("decrypt", "-i", key_file, stdin=b"nonsense")
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"header failure\n")

    def test_wrong_command_line(self) -> None:
        for arguments in ([], ["open"], ["decrypt", "--unknown"], ["decrypt", "--pass", "x"]):
            done = self.run(*arguments)
            assert done.returncode == 2
            assert b"Traceback" not in done.stderr

    @pytest.mark.parametrize(
        ("redirection", "message"),
        [
            ("<&-", b"header failure\n"),
            ("</dev/null >&-", b"error: the standard output is closed\n"),
            ("</dev/null 2>&-", b""),
            ("<&- >&- 2>&-", b""),
        ],
    )
    def test_closed_streams(self, redirection: str, message: bytes) -> None:
        done = subprocess.run(["sh", "-c", f'exec "$@" decrypt {redirection}', "sh", *MODULE], capture_output=True)
        assert (done.returncode, done.stdout, done.stderr) == (1, b"", message)

    def test_a_reader_that_goes_away(self) -> None:
        source, sink = os.pipe()
        os.close(source)
        try:
            done = subprocess.run(
                [*MODULE, "encrypt", "-r", str(HYBRID.recipient)], input=b"x", stdout=sink, stderr=subprocess.PIPE
            )
        finally:
            os.close(sink)
        assert (done.returncode, done.stderr) == (1, b"error: input or output: Broken pipe\n")

    def test_a_full_disk(self) -> None:
        with open("/dev/full", "wb") as full:
            done = subprocess.run(
                [*MODULE, "encrypt", "-r", str(HYBRID.recipient)], input=b"x", stdout=full, stderr=subprocess.PIPE
            )
        assert (done.returncode, done.stderr) == (1, b"error: input or output: No space left on device\n")

    def test_a_passphrase_is_asked_for_at_the_terminal(self) -> None:
        locked = run_with_passphrases([*MODULE, "encrypt", "-p", "-a"], ["grüezi", "grüezi"], b"the file")
        assert (locked.returncode, locked.stderr) == (0, b"")
        assert b"".join(decrypt([ScryptIdentity("grüezi")], strip_armor([locked.stdout]))) == b"the file"
        file = b"".join(encrypt([ScryptRecipient("grüezi", 2)], [b"the file"]))
        opened = run_with_passphrases([*MODULE, "decrypt", "-p"], ["grüezi"], file)
        assert (opened.returncode, opened.stdout, opened.stderr) == (0, b"the file", b"")

    @pytest.mark.parametrize("typed", [["one", "another"], [""]], ids=["different", "empty"])
    def test_a_passphrase_must_be_typed_twice(self, typed: list[str]) -> None:
        done = run_with_passphrases([*MODULE, "encrypt", "-p"], typed, b"the file")
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(b"error: The passphrase is empty, or the second is not the first")

    def test_without_a_terminal_nothing_is_asked(self) -> None:
        done = subprocess.run(
            [*MODULE, "encrypt", "-p"], input=b"the file", capture_output=True, start_new_session=True
        )
        assert (done.returncode, done.stdout) == (1, b"")
        assert done.stderr.startswith(b"error: /dev/tty: ")
