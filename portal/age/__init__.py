"""The age v1 file format (C2SP age.md), for hybrid post-quantum, X25519 and passphrase recipients, with armor.

Pure: bytes and iterators of bytes in and out, both directions in constant memory; no files, no settings, no clock
(`python -m portal.age` adds the command line). The words are those of the specification: each recipient's *stanza*
in the *header* wraps the same *file key*, an *identity* unwraps it, and with it the *payload* is opened.

Everything that is raised on purpose is an `AgeError` of `portal.errors`.
"""

from portal.age.file import FileKeys, decrypt, encrypt, sealed_size
from portal.age.header import Identity, Recipient, Stanza
from portal.age.hybrid import HybridIdentity, HybridRecipient, hybrid_header_size
from portal.age.keys import parse_identities, parse_identity, parse_recipient, parse_recipients
from portal.age.payload import CHUNK_BYTES, SEALED_CHUNK_BYTES, ChunkSealer
from portal.age.pem import armor, dearmor, strip_armor
from portal.age.scrypt import ScryptIdentity, ScryptRecipient
from portal.age.x25519 import X25519Identity, X25519Recipient

__all__ = [
    "CHUNK_BYTES",
    "SEALED_CHUNK_BYTES",
    "ChunkSealer",
    "FileKeys",
    "HybridIdentity",
    "HybridRecipient",
    "Identity",
    "Recipient",
    "ScryptIdentity",
    "ScryptRecipient",
    "Stanza",
    "X25519Identity",
    "X25519Recipient",
    "armor",
    "dearmor",
    "decrypt",
    "encrypt",
    "hybrid_header_size",
    "parse_identities",
    "parse_identity",
    "parse_recipient",
    "parse_recipients",
    "sealed_size",
    "strip_armor",
]
