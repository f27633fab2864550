import base64
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from tor import KeyFileError, KeyFileUnsafe, OnionKey
from tor.address import decode

SEED = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "onion.key"


@given(st.binary(min_size=32, max_size=32))
def test_the_address_is_that_of_the_seeds_public_key(seed: bytes) -> None:
    assert decode(OnionKey.from_seed(seed).address) == bytes(SigningKey(seed).verify_key)


def test_first_start_makes_the_key_and_later_ones_read_it(path: Path) -> None:
    first = OnionKey.load_or_create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("ED25519-V3:")
    assert OnionKey.load_or_create(path) == first
    assert list(path.parent.iterdir()) == [path]
    assert OnionKey.create() != first


def test_a_loose_umask_does_not_open_the_file(path: Path) -> None:
    before = os.umask(0)
    try:
        OnionKey.create().save(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_saving_never_replaces_a_key(path: Path) -> None:
    OnionKey.from_seed(SEED).save(path)
    OnionKey.create().save(path)
    assert OnionKey.load(path) == OnionKey.from_seed(SEED)


def test_starts_at_the_same_moment_end_with_one_key(path: Path) -> None:
    barrier, keys = threading.Barrier(8), []

    def begin() -> None:
        barrier.wait()
        keys.append(OnionKey.load_or_create(path))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({key.address for key in keys}) == 1
    assert len(keys) == 8


def test_tors_own_key_file_is_read(path: Path) -> None:
    key = OnionKey.from_seed(SEED)
    path.write_bytes(b"== ed25519v1-secret: type0 ==\0\0\0" + key.secret)
    path.chmod(0o600)
    assert OnionKey.load(path) == key


def test_the_secret_is_not_shown() -> None:
    key = OnionKey.from_seed(SEED)
    assert key.base64 not in repr(key)
    assert repr(key.secret) not in repr(key)


def line(secret: bytes) -> bytes:
    return b"ED25519-V3:" + base64.b64encode(secret) + b"\n"


GOOD = OnionKey.from_seed(SEED).secret


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"ED25519-V3:",
        b"ED25519-V3:????\n",
        b"RSA1024:" + base64.b64encode(GOOD),
        line(GOOD[:-1]),
        line(GOOD + b"\0"),
        line(b"\x01" + GOOD[1:]),  # not clamped below
        line(GOOD[:31] + b"\xff" + GOOD[32:]),  # not clamped above
        line(GOOD) * 2,
        line(GOOD) + b"\n",
        b" " + line(GOOD),
        b"== ed25519v1-secret: type0 ==\0\0\0" + GOOD[:-1],
        b"== ed25519v1-secret: type0 ==\0\0\0" + b"\x01" + GOOD[1:],
        b"\xff" * 5000,
    ],
)
def test_another_content_is_refused_without_being_shown(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyFileError, match="backup") as caught:
        OnionKey.load_or_create(path)
    assert base64.b64encode(GOOD).decode()[:20] not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o660])
def test_a_file_open_to_others_is_refused(path: Path, mode: int) -> None:
    OnionKey.create().save(path)
    path.chmod(mode)
    with pytest.raises(KeyFileUnsafe, match="chmod 600"):
        OnionKey.load(path)


def test_a_file_of_another_user_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    OnionKey.create().save(path)
    # Only root can give a file away, so here the user is another.
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(KeyFileUnsafe, match="chown"):
        OnionKey.load(path)


def test_a_missing_file_a_folder_and_a_pipe_are_refused(path: Path) -> None:
    with pytest.raises(KeyFileError, match="No such file"):
        OnionKey.load(path)
    path.mkdir()
    with pytest.raises(KeyFileError):
        OnionKey.load(path)
    path.rmdir()
    os.mkfifo(path, 0o600)
    with pytest.raises(KeyFileError, match="no file"):
        OnionKey.load(path)


def test_a_folder_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be written"):
        OnionKey.load_or_create(path / "deeper" / "onion.key")


def test_a_guarded_file_is_read_whatever_its_rights(tmp_path: Path) -> None:
    key = OnionKey.create()
    key.save(tmp_path / "onion.key")
    (tmp_path / "onion.key").chmod(0o440)
    assert OnionKey.load(tmp_path / "onion.key", guarded=True) == key
    with pytest.raises(KeyFileUnsafe):
        OnionKey.load(tmp_path / "onion.key")
