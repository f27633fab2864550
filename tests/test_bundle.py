import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import minisign
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import archive, bundle, canonical
from portal.errors import BundleError

KEY = minisign.KeyPair.generate()
OTHER = minisign.KeyPair.generate()
AGE_FILES = [b"one" * 1000, b"two", b""]


def manifest(files: list[bytes] = AGE_FILES) -> bundle.Bundle:
    items = [
        bundle.BundleItem(f"{n:064x}", hashlib.sha256(data).hexdigest(), len(data)) for n, data in enumerate(files)
    ]
    return bundle.Bundle(
        format="portevoix/bundle/1",
        direction="portal-to-desk",
        site=bundle.site(KEY.public_key),
        desk="police",
        counter=1,
        day="2026-11-25",
        items=items,
        taken=["00" * 16],
        confirmed=0,
    )


def write(made: bundle.Manifest | None = None, files: list[bytes] = AGE_FILES) -> bytes:
    return b"".join(bundle.write(made or manifest(files), KEY.secret_key, ([data] for data in files)))


def read(data: bytes) -> list[bytes]:
    reader = bundle.Reader([data])
    reader.front.verified([OTHER.public_key, KEY.public_key])
    return [b"".join(pieces) for _, pieces in reader.members(reader.manifest(bundle.Bundle))]


@given(st.lists(st.binary(max_size=3_000), max_size=4))
def test_what_is_written_is_read(files: list[bytes]) -> None:
    assert read(write(None, files)) == files


def test_the_signer_is_told() -> None:
    front = bundle.Reader([write()]).front
    assert front.verified([OTHER.public_key, KEY.public_key]) == KEY.public_key
    with pytest.raises(BundleError, match="not signed"):
        front.verified([OTHER.public_key])


def test_minisign_verifies_the_manifest(tmp_path: Path) -> None:
    assert shutil.which("minisign"), "install the Debian package minisign"
    front = bundle.Reader([write()]).front
    (tmp_path / "manifest.json").write_bytes(front.data)
    (tmp_path / "manifest.json.minisig").write_bytes(front.signature)
    (tmp_path / "portal.pub").write_bytes(bytes(KEY.public_key) + b"\n")
    command = ["minisign", "-V", "-p", "portal.pub", "-m", "manifest.json"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "portevoix bundle 1 police" in shown.stdout


def test_every_changed_byte_is_refused_or_harmless() -> None:
    """Only the signature's untrusted comment may change unnoticed."""
    data = write(files=[b"abc"], made=manifest([b"abc"]))
    comment = data.index(b"untrusted comment: ") + len(b"untrusted comment: ")
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        try:
            assert read(changed) == [b"abc"]
        except BundleError:
            continue
        assert comment <= at < comment + len("portevoix"), at


@pytest.mark.parametrize("kept", range(0, 8_000, 256))
def test_cut_short(kept: int) -> None:
    data = write()
    assert kept < len(data)
    with pytest.raises(BundleError):
        read(data[:kept])


def test_no_clock_in_the_signature() -> None:
    assert b"timestamp" not in write()


@pytest.mark.parametrize(
    "lie",
    [
        {"direction": "desk-to-portal"},
        {"format": "portevoix/pack/1"},
        {"counter": 0},
        {"site": "x"},
        {"desk": "a/b"},
        {"taken": ["11" * 16, "00" * 16]},
        {"items": [{"id": "../" + "0" * 61, "sha256": "0" * 64, "size": 1}]},
        {"items": [{"id": "1" * 64, "sha256": "0" * 64, "size": 1}] * 2},
        {"items": [{"id": "1" * 64, "sha256": "0" * 64, "size": 2**50}]},
        {"extra": 1},
    ],
    ids=str,
)
def test_a_signed_manifest_that_lies_is_refused(lie: dict[str, object]) -> None:

    data = canonical.dumps(msgspec.to_builtins(manifest([])) | lie)
    signature = bytes(KEY.secret_key.sign(data))
    members = [*archive.member("manifest.json", len(data), [data])]
    members += archive.member("manifest.json.minisig", len(signature), [signature])
    with pytest.raises(BundleError):
        read(b"".join(members) + bytes(archive.END_BYTES))


def test_a_signature_that_is_not_prehashed_is_refused() -> None:
    unread = bundle.Unread(b"{}", bytes(KEY.secret_key.sign(b"{}", prehash=False)))
    with pytest.raises(BundleError):
        unread.verified([KEY.public_key])


def test_a_signature_with_stray_bits_in_its_base64_is_refused() -> None:
    """74 bytes leave two bits of the last base64 digit unused; a lax decoder drops them."""
    front = bundle.Reader([write()]).front
    lines = front.signature.split(b"\n")
    digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for stray in (1, 2, 3):
        last = digits[digits.index(lines[1][-2:-1]) + stray]
        changed = b"\n".join([lines[0], lines[1][:-2] + bytes([last]) + b"=", *lines[2:]])
        with pytest.raises(BundleError, match="not signed"):
            bundle.Unread(front.data, changed).verified([KEY.public_key])


def test_a_wrong_hash_is_told_at_the_end_and_does_not_stop_the_rest() -> None:
    made = manifest()
    wrong = bundle.BundleItem(made.items[0].id, "00" * 32, made.items[0].size)
    lied = bundle.Bundle(**{f: getattr(made, f) for f in made.__struct_fields__} | {"items": [wrong, *made.items[1:]]})
    reader = bundle.Reader([write(lied)])
    seen: list[bytes | str] = []
    for _, pieces in reader.members(reader.manifest(bundle.Bundle)):
        try:
            seen.append(b"".join(pieces))
        except BundleError:
            seen.append("refused")
    assert seen == ["refused", *AGE_FILES[1:]]


@given(st.binary(max_size=2_000))
def test_hostile_bytes_raise_only_bundle_errors(data: bytes) -> None:
    with pytest.raises(BundleError):
        read(data)


@pytest.mark.parametrize("make", [lambda: KEY.public_key, lambda: OTHER.public_key])
def test_site_and_fingerprint(make: Callable[[], minisign.PublicKey]) -> None:
    key = make()
    raw = bundle.key_bytes(key)
    assert len(raw) == 42
    assert bundle.site(key) == hashlib.sha256(b"portevoix/site/v1" + raw).hexdigest()[:32]
    assert len(bundle.fingerprint(key)) == bundle.FINGERPRINT_WORDS
