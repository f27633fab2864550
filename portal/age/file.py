"""An age file as a whole: header, then payload."""

import os
from collections.abc import Iterable, Iterator, Sequence

from portal.age import payload, scrypt
from portal.age.header import Header, Identity, Reader, Recipient, Stanza
from portal.age.hybrid import TYPE as HYBRID_TYPE
from portal.age.primitives import FILE_KEY_BYTES, Piece
from portal.errors import HeaderFailure, KeyFailure, NoMatch


class FileKeys:
    """The secrets of one new file, for a writer who knows the recipients only when the payload is sealed."""

    def __init__(self) -> None:
        self._file_key = os.urandom(FILE_KEY_BYTES)
        self._nonce = os.urandom(payload.NONCE_BYTES)
        self.payload_key = payload.payload_key(self._file_key, self._nonce)
        """32 bytes, for `payload.ChunkSealer`."""

    def front(self, recipients: Sequence[Recipient]) -> bytes:
        """What stands before the first chunk: the header and the payload's nonce. Raises KeyFailure like `encrypt`."""
        stanzas = [recipient.wrap(self._file_key) for recipient in recipients]
        _check_mixture(stanzas)
        return bytes(Header.build(stanzas, self._file_key)) + self._nonce


def encrypt(recipients: Sequence[Recipient], plaintext: Iterable[Piece]) -> Iterator[bytes]:
    """Encrypts `plaintext`, however it is cut, to all `recipients`.

    Gives the header with the payload's nonce, then one piece for each chunk of 64 KiB, each made when it is asked
    for. The file key is wrapped before the call returns. Raises KeyFailure if there is no recipient, if a passphrase
    is not the only one, or if post-quantum recipients are mixed with others: one that is not would undo the others.
    """
    keys = FileKeys()
    return _pieces(keys.front(recipients), payload.seal(keys.payload_key, plaintext))


def decrypt(identities: Sequence[Identity], ciphertext: Iterable[Piece]) -> Iterator[bytes]:
    """Decrypts a binary age file, however it is cut, with the first of `identities` that opens it.

    The header is read, unwrapped and verified before the call returns, which raises HeaderFailure, NoMatch or
    HMACFailure. The iterator gives one chunk (up to 64 KiB) at a time, each after its tag was checked, and raises
    PayloadFailure: only when it has come to its end is the plaintext known to be whole.
    """
    reader = Reader(ciphertext)
    header = Header.read(reader)
    file_key = _unwrap(identities, header.stanzas)
    header.verify(file_key)
    nonce = reader.take(payload.NONCE_BYTES)
    if len(nonce) < payload.NONCE_BYTES:
        raise HeaderFailure("The file ends right after its header.")
    return payload.open_(payload.payload_key(file_key, nonce), reader.rest())


def sealed_size(plaintext_size: int, header_size: int) -> int:
    """Bytes of the age file of so many bytes of plaintext; `header_size` is `hybrid_header_size(recipients)`."""
    return header_size + payload.payload_size(plaintext_size)


def _pieces(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _check_mixture(stanzas: Sequence[Stanza]) -> None:
    types = {stanza.type for stanza in stanzas}
    if not stanzas:
        raise KeyFailure("There is no recipient to encrypt to.")
    if scrypt.TYPE in types and len(stanzas) > 1:
        raise KeyFailure("A passphrase must be the only recipient of its file.")
    if HYBRID_TYPE in types and len(types) > 1:
        raise KeyFailure("Post-quantum recipients (age1pq1…) cannot be mixed with others; leave the others out.")


def _unwrap(identities: Sequence[Identity], stanzas: Sequence[Stanza]) -> bytes:
    scrypt.check_alone(stanzas)
    for identity in identities:
        if (file_key := identity.unwrap(stanzas)) is not None:
            return file_key
    raise NoMatch("None of the keys opens this file: it was made for others, or the passphrase is wrong.")
