import os
from datetime import date
from pathlib import Path

import minisign
import pytest

from portal.age import HybridIdentity, X25519Identity
from portal.desks import KeysFolder, read_desk
from portal.errors import SettingsError

DAY = date(2026, 11, 25)


def write_desk(folder: Path, name: str, recipients: str | None = None) -> str:
    recipient = str(HybridIdentity.generate().recipient)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.recipients").write_text(f"# {name}\n\n{recipient}\n" if recipients is None else recipients)
    (folder / f"{name}.pub").write_bytes(bytes(minisign.KeyPair.generate().public_key) + b"\n")
    return recipient


def test_keys_of_several_desks(tmp_path: Path) -> None:
    police, ecpat = write_desk(tmp_path, "police"), write_desk(tmp_path, "ecpat")
    folder = KeysFolder(tmp_path, ["police", "ecpat"])
    assert [str(recipient) for recipient in folder.recipients(["police", "ecpat", "police"], DAY)] == [police, ecpat]
    with pytest.raises(SettingsError, match="stopline"):
        folder.desk("stopline")


@pytest.mark.parametrize("name", ["police.recipients", "police.pub"])
def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    write_desk(tmp_path, "police")
    (tmp_path / name).unlink()
    with pytest.raises(SettingsError, match=rf"{name} is missing: copy it .* `desk init --desk police`"):
        KeysFolder(tmp_path, ["police"])


@pytest.mark.parametrize(
    ("recipients", "message"),
    [
        (f"# comment\n{X25519Identity.generate().recipient}\n", "line 2: only recipients that begin with age1pq1"),
        ("age1pq1abc\n", "line 1"),
        (str(HybridIdentity.generate()), "line 1"),
        ("# nothing\n", "names no recipient"),
        ("", "names no recipient"),
    ],
    ids=["classical", "cut", "an identity", "only a comment", "empty"],
)
def test_wrong_recipients_stop_the_start(tmp_path: Path, recipients: str, message: str) -> None:
    write_desk(tmp_path, "police", recipients)
    with pytest.raises(SettingsError, match=message) as caught:
        read_desk(tmp_path, "police")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", b"untrusted comment: x\nRWQ=\n"])
def test_a_wrong_signing_key(tmp_path: Path, content: bytes) -> None:
    write_desk(tmp_path, "police")
    (tmp_path / "police.pub").write_bytes(content)
    with pytest.raises(SettingsError, match=r"police\.pub"):
        read_desk(tmp_path, "police")


@pytest.mark.parametrize(
    "secret",
    [
        str(HybridIdentity.generate()).encode(),
        bytes(minisign.KeyPair.generate().secret_key),
        b"untrusted comment: mine\n" + bytes(minisign.KeyPair.generate().secret_key).split(b"\n")[1],
    ],
    ids=["age", "minisign", "minisign with a comment of its own"],
)
def test_a_secret_key_in_the_folder_stops_the_start(tmp_path: Path, secret: bytes) -> None:
    write_desk(tmp_path, "police")
    (tmp_path / "mistake").write_bytes(secret)
    with pytest.raises(SettingsError, match="mistake holds a secret key: take it away"):
        KeysFolder(tmp_path, ["police"])


def test_new_keys_are_used_at_once(tmp_path: Path) -> None:
    write_desk(tmp_path, "police")
    folder = KeysFolder(tmp_path, ["police"])
    new = write_desk(tmp_path, "police")
    assert [str(recipient) for recipient in folder.recipients(["police"], DAY)] == [new]


def test_broken_new_keys_leave_the_old_ones(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    old = write_desk(tmp_path, "police")
    folder = KeysFolder(tmp_path, ["police"])
    (tmp_path / "police.recipients").write_text("age1nonsense\n")
    assert [str(recipient) for recipient in folder.recipients(["police"], DAY)] == [old]
    assert "the old ones stay" in caplog.text
    os.unlink(tmp_path / "police.pub")
    assert folder.desk("police").recipients
    new = write_desk(tmp_path, "police")
    assert [str(recipient) for recipient in folder.recipients(["police"], DAY)] == [new]


def test_new_keys_that_could_not_be_read_are_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What kept them from being read, such as the owner of a file, may be mended without a change of the files."""
    old = write_desk(tmp_path, "police")
    folder = KeysFolder(tmp_path, ["police"])
    new = write_desk(tmp_path, "police")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
        assert [str(recipient) for recipient in folder.recipients(["police"], DAY)] == [old]
    assert [str(recipient) for recipient in folder.recipients(["police"], DAY)] == [new]
