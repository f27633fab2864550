"""A second reader of docs/format.md: it imports nothing of the project and other libraries where there are any.

HPKE and X25519 from pyca/cryptography, Argon2 from libsodium, archives by tarfile, JSON by the standard library.
"""

import base64
import hashlib
import hmac
import io
import json
import tarfile
import unicodedata
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic
from nacl import pwhash

ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def hkdf(key: bytes, info: bytes, size: int, salt: bytes | None = None) -> bytes:
    return HKDF(SHA256(), size, salt, info).derive(key)


def bech32(text: str) -> bytes:
    """The data of a Bech32 string; its checksum is not looked at here."""
    bits = "".join(f"{ALPHABET.index(c):05b}" for c in text.lower().rpartition("1")[2][:-6])
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))


def open_age(data: bytes, seed: bytes) -> bytes:
    """Section 1."""
    wide = hashlib.shake_256(seed).digest(96)
    key = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(wide[:64]), X25519PrivateKey.from_private_bytes(wide[64:])
    )
    header, _, rest = data.partition(b"\n--- ")
    mac, _, payload = rest.partition(b"\n")
    lines = header.decode().split("\n")
    assert lines[0] == "age-encryption.org/v1"
    file_key = None
    for stanza in header.decode().split("\n-> ")[1:]:
        kind, enc, body = stanza.replace("\n", " ", 1).split(" ")
        assert kind == "mlkem768x25519"
        sealed = decode(enc) + decode(body)
        try:
            file_key = SUITE.decrypt(sealed, key, info=b"age-encryption.org/mlkem768x25519")
        except Exception:  # noqa: BLE001
            continue
    assert file_key is not None
    expected = hmac.digest(hkdf(file_key, b"header", 32), header + b"\n---", "sha256")
    assert decode(mac.decode()) == expected
    cipher = ChaCha20Poly1305(hkdf(file_key, b"payload", 32, payload[:16]))
    plain, sealed, size = b"", payload[16:], 65_536 + 16
    for number in range(0, len(sealed), size):
        last = number + size >= len(sealed)
        nonce = (number // size).to_bytes(11, "big") + bytes([last])
        plain += cipher.decrypt(nonce, sealed[number : number + size], None)
    return plain


def decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def untar(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def canonical(data: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(data)
    again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert again == data
    return value


@dataclass
class Thread:
    identity: bytes
    sign: bytes
    item: bytes


def read_words(words: list[str], name: str) -> bytes:
    """Section 5."""

    def plain(word: str) -> str:
        kept = (c for c in unicodedata.normalize("NFD", word) if unicodedata.category(c) != "Mn")
        return "".join(kept).lower()[:4]

    numbers = [plain(word) for word in Mnemonic(name).wordlist]
    bits = "".join(f"{numbers.index(plain(word)):011b}" for word in words)
    data = int(bits, 2).to_bytes(11, "big")
    assert hashlib.sha256(b"portevoix/check/v1" + data[:10]).digest()[0] == data[10]
    return data[:10]


def derive(entropy: bytes, receipt_secret: bytes) -> Thread:
    """Section 6."""
    salt = hkdf(receipt_secret, b"portevoix/receipt/salt/v1", 16)
    key = pwhash.argon2id.kdf(32, entropy, salt, opslimit=3, memlimit=65_536 * 1024)
    return Thread(*(hkdf(key, f"portevoix/receipt/{name}/v1".encode(), 32) for name in ("identity", "sign", "item")))


def read_item(data: bytes, seed: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Sections 2 to 4: report.json and the attachments, everything checked. Raises for what must be refused."""
    plain = open_age(data, seed)
    members = untar(plain)
    report = canonical(members["report.json"])
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(report["verify_key"]))
    key.verify(members["report.sig"], b"portevoix/report/v1" + members["report.json"])
    files = [members[f"attachments/{number:02}"] for number in range(1, len(report["attachments"]) + 1)]
    names = ["report.json", "report.sig", "report.txt"]
    if files and "padding" in members:
        assert members["padding"] == bytes(len(members["padding"]))
        names.append("padding")
    assert list(members) == names + [f"attachments/{number:02}" for number in range(1, len(files) + 1)]
    for entry, content in zip(report["attachments"], files, strict=True):
        assert (entry["size"], entry["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    if not files:
        assert len(plain) == 65_536
    return report, files


def item_id(report: dict[str, Any], item_key: bytes, nonce: bytes) -> str:
    """Section 7."""
    content = {k: v for k, v in report.items() if k not in ("id", "received", "recipient", "verify_key")}
    data = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return hmac.new(item_key, nonce + hashlib.sha256(data).digest(), "sha256").hexdigest()


def read_signed(data: bytes, public_key: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Sections 9 and 10: the manifest, whose signature is checked, and the age files by id."""
    members = untar(data)
    manifest = members["manifest.json"]
    lines = members["manifest.json.minisig"].decode().split("\n")
    key = base64.b64decode(public_key.split("\n")[1])
    signature = base64.b64decode(lines[1])
    assert (key[:2], signature[:2], key[2:10]) == (b"Ed", b"ED", signature[2:10])
    verify = Ed25519PublicKey.from_public_bytes(key[10:])
    verify.verify(signature[10:], hashlib.blake2b(manifest).digest())
    comment = lines[2].removeprefix("trusted comment: ").encode()
    verify.verify(base64.b64decode(lines[3]), signature[10:] + comment)
    value = canonical(manifest)
    assert value["site"] == value["site"].lower()
    files = {name.split("/")[1].removesuffix(".age"): content for name, content in members.items() if "/" in name}
    listed = value["items"] if "items" in value else value["replies"]
    for entry in listed:
        assert entry["sha256"] == hashlib.sha256(files[entry["id"]]).hexdigest()
    return value, files
