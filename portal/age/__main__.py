"""`python -m portal.age`: encrypts, decrypts, and makes keys, from the standard input to the standard output.

The exit status is 0, or 1 after one line on the standard error, or 2 for a wrong command line. For a file that cannot
be opened the line is one of `header failure`, `HMAC failure`, `no match`, `payload failure`, `armor failure`
(`--verbose` adds why); chunks that were good may have been written before.
"""

import argparse
import getpass
import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Protocol, TextIO, TypeVar

from portal.age import (
    HybridIdentity,
    Identity,
    Recipient,
    ScryptIdentity,
    ScryptRecipient,
    X25519Identity,
    armor,
    decrypt,
    encrypt,
    limits,
    parse_identities,
    parse_recipient,
    parse_recipients,
    strip_armor,
)
from portal.age.header import MAGIC
from portal.age.pem import is_armored
from portal.errors import AgeError, KeyFailure

_PIECE_BYTES = 64 * 1024
_TERMINAL = "/dev/tty"
_Keys = TypeVar("_Keys")


class Output(Protocol):
    def write(self, data: memoryview, /) -> int | None: ...


def main(arguments: Sequence[str], stdin: BinaryIO, stdout: Output, stderr: TextIO) -> int:
    """Runs one command and returns its exit status; SystemExit(2) for a wrong command line."""
    options = _parser().parse_args(arguments)
    try:
        for piece in options.run(options, stdin):
            _write(stdout, piece)
    except KeyFailure as error:
        print(f"error: {error}", file=stderr)
    except AgeError as error:
        print(f"{error.category}: {error}" if options.verbose else error.category, file=stderr)
    except OSError as error:
        print(f"error: {error.filename or 'input or output'}: {error.strerror or error}", file=stderr)
    except KeyboardInterrupt:
        print("error: interrupted", file=stderr)
    else:
        return 0
    return 1


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("-v", "--verbose", action="store_true", help="say why a file cannot be opened")
    common.add_argument("-p", dest="passphrase", action="store_true", help="use a passphrase; asked for without a file")
    common.add_argument("--passphrase-file", metavar="F", action="append", default=[], help="its last line end is cut")

    parser = argparse.ArgumentParser(prog="python -m portal.age", description="The age v1 file format.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("encrypt", parents=[common], help="encrypt the standard input", allow_abbrev=False)
    command.add_argument("-r", dest="recipients", metavar="RECIPIENT", nargs="+", action="extend", default=[])
    command.add_argument("-R", dest="recipient_files", metavar="FILE", nargs="+", action="extend", default=[])
    command.add_argument("-a", dest="armor", action="store_true", help="write text")
    command.set_defaults(run=_encrypt)

    command = commands.add_parser("decrypt", parents=[common], help="decrypt the standard input", allow_abbrev=False)
    command.add_argument("-i", dest="identity_files", metavar="FILE", nargs="+", action="extend", default=[])
    command.set_defaults(run=_decrypt)

    command = commands.add_parser("keygen", parents=[common], help="make an identity", allow_abbrev=False)
    command.add_argument("--x25519", action="store_true", help="of the older kind, not safe from quantum computers")
    command.add_argument("-y", dest="convert", action="store_true", help="turn identities into their recipients")
    command.add_argument("file", nargs="?", metavar="FILE", help="for -y; otherwise the standard input")
    command.set_defaults(run=_keygen)
    return parser


def _encrypt(options: argparse.Namespace, stdin: BinaryIO) -> Iterator[bytes]:
    recipients: list[Recipient] = [parse_recipient(text) for text in options.recipients]
    for name in options.recipient_files:
        recipients += _parse(parse_recipients, name, _read_file(name))
    recipients += [ScryptRecipient(passphrase) for passphrase in _passphrases(options, new=True)]
    file = encrypt(recipients, _pieces(stdin))
    return armor(file) if options.armor else file


def _decrypt(options: argparse.Namespace, stdin: BinaryIO) -> Iterator[bytes]:
    passphrases = [ScryptIdentity(passphrase) for passphrase in _passphrases(options)]
    identities: list[Identity] = [*passphrases]
    for name in options.identity_files:
        identities += _identities(name, _read_file(name), passphrases)
    return decrypt(identities, strip_armor(_pieces(stdin)))


def _keygen(options: argparse.Namespace, stdin: BinaryIO) -> Iterator[bytes]:
    if options.convert:
        name = options.file or "the standard input"
        data = _read_file(options.file) if options.file else _bounded(name, stdin)
        passphrases = [ScryptIdentity(passphrase) for passphrase in _passphrases(options)]
        for identity in _identities(name, data, passphrases):
            if isinstance(identity, HybridIdentity | X25519Identity):
                yield f"{identity.recipient}\n".encode("ascii")
    else:
        new = X25519Identity.generate() if options.x25519 else HybridIdentity.generate()
        yield f"# public key: {new.recipient}\n{new}\n".encode("ascii")


def _identities(name: str, data: bytes, passphrases: Sequence[ScryptIdentity]) -> list[Identity]:
    """The identities of a file that may itself be an age file, locked with a passphrase."""
    if data.startswith(MAGIC) or is_armored(data):
        if not passphrases:
            raise KeyFailure(f"{name} is locked with a passphrase; add -p or --passphrase-file.")
        try:
            data = b"".join(decrypt(passphrases, strip_armor([data])))
        except AgeError as error:
            raise KeyFailure(f"{name} cannot be unlocked. {error}") from None
    return _parse(parse_identities, name, data)


def _parse(parse: Callable[[str], _Keys], name: str, data: bytes) -> _Keys:
    try:
        return parse(data.decode("utf-8", "replace"))
    except KeyFailure as error:
        raise KeyFailure(f"{name}: {error}") from None


def _passphrases(options: argparse.Namespace, new: bool = False) -> list[bytes]:
    if options.passphrase and not options.passphrase_file:
        return [_ask(new)]
    return [_read_file(name).removesuffix(b"\n").removesuffix(b"\r") for name in options.passphrase_file]


def _ask(new: bool) -> bytes:
    """Asks at the terminal, twice for a new passphrase, and never at the standard input, which is the file."""
    os.close(os.open(_TERMINAL, os.O_RDWR))
    passphrase = getpass.getpass("Passphrase: ")
    if new and (not passphrase or getpass.getpass("The same again: ") != passphrase):
        raise KeyFailure("The passphrase is empty, or the second is not the first; try again.")
    return passphrase.encode("utf-8", "surrogateescape")


def _read_file(name: str) -> bytes:
    with open(name, "rb") as file:
        return _bounded(name, file)


def _bounded(name: str, file: BinaryIO) -> bytes:
    data = file.read(limits.KEY_FILE_BYTES + 1)
    if len(data) > limits.KEY_FILE_BYTES:
        raise KeyFailure(f"{name} is too large for a file of keys.")
    return data


def _pieces(stdin: BinaryIO) -> Iterator[bytes]:
    while piece := stdin.read(_PIECE_BYTES):
        yield piece


def _write(stdout: Output, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = stdout.write(rest)
        if not written:
            raise OSError("the output takes no more")
        rest = rest[written:]


def _run() -> int:
    stdin = sys.stdin.buffer if sys.stdin else io.BytesIO()
    stderr = sys.stderr or io.StringIO()
    if not sys.stdout:
        print("error: the standard output is closed", file=stderr)
        return 1
    # Without a buffer, nothing is left for the interpreter to flush at its end into a pipe that was closed.
    with open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as stdout:
        return main(sys.argv[1:], stdin, stdout, stderr)


if __name__ == "__main__":
    sys.exit(_run())
