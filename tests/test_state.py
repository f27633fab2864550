import stat
from datetime import date, timedelta
from pathlib import Path

import pytest

from portal import files, settings, state
from portal.errors import SettingsError


def test_what_init_makes(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "state"
    made = state.create(folder)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {
        "receipt.secret": 0o600,
        "session.secret": 0o600,
        "portal.key": 0o600,
        "portal.pub": 0o644,
        "spool": 0o700,
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(made.receipt_secret) == 32
    assert made.receipt_secret not in made.session_secrets
    assert made.receipt_secret.hex() not in repr(made)


def test_the_names_of_new_folders_are_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the power could take the whole folder, with all that was confirmed in it."""
    synced: list[Path] = []
    monkeypatch.setattr(files, "sync_folder", synced.append)
    files.make_folder(tmp_path / "a" / "b")
    assert set(synced) == {tmp_path, tmp_path / "a"}
    synced.clear()
    files.make_folder(tmp_path / "a" / "b")
    assert synced == []
    state.create(tmp_path / "state")
    assert synced[:2] == [tmp_path, tmp_path / "state"]


def test_a_second_init_changes_nothing(tmp_path: Path) -> None:
    first = state.create(tmp_path)
    second = state.create(tmp_path)
    assert (first.receipt_secret, first.session_secrets) == (second.receipt_secret, second.session_secrets)
    assert first.public_key == second.public_key


def test_an_interrupted_init_is_finished_by_the_next(tmp_path: Path) -> None:
    first = state.create(tmp_path)
    (tmp_path / "portal.pub").unlink()
    (tmp_path / "session.secret").unlink()
    assert state.create(tmp_path).receipt_secret == first.receipt_secret
    assert (tmp_path / "portal.pub").exists()


def test_no_second_name_of_a_secret_outlives_the_next_command(tmp_path: Path) -> None:
    state.create(tmp_path)
    for act in (lambda: state.create(tmp_path), lambda: state.renew_session(tmp_path, date(2026, 11, 30))):
        second = tmp_path / ".receipt.secret.0123abcd"
        second.hardlink_to(tmp_path / "receipt.secret")
        act()
        assert not second.exists()
        assert (tmp_path / "receipt.secret").exists()


@pytest.mark.parametrize("name", ["receipt.secret", "session.secret", "portal.key"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_text("nonsense\n"), "restore it from the backup"),
        (lambda path: path.write_text(""), "restore it from the backup"),
        (lambda path: path.chmod(0o644), "chmod 600"),
    ],
    ids=["missing", "nonsense", "empty", "readable by others"],
)
def test_a_damaged_secret_is_named(tmp_path: Path, name: str, change: object, message: str) -> None:
    state.create(tmp_path)
    change(tmp_path / name)  # type: ignore[operator]
    with pytest.raises(SettingsError, match=message) as caught:
        state.load(tmp_path)
    assert name in str(caught.value)


def test_a_new_session_secret_goes_first(tmp_path: Path) -> None:
    old = state.create(tmp_path).session_secrets[0]
    path = tmp_path / "session.secret"
    path.write_text("ab" * 32 + "\n" + path.read_text())
    assert state.load(tmp_path).session_secrets == (b"\xab" * 32, old)


DAY = date(2026, 11, 25)


def test_a_session_secret_is_replaced_with_an_overlap(tmp_path: Path) -> None:
    old = state.create(tmp_path).session_secrets
    last = state.renew_session(tmp_path, DAY)
    assert last == date(2026, 12, 4)
    new, *rest = state.session_secrets(tmp_path, last)
    assert rest == list(old)
    assert new not in old
    assert state.session_secrets(tmp_path, last + timedelta(days=1)) == (new,)
    assert stat.S_IMODE((tmp_path / "session.secret").stat().st_mode) == 0o600


def test_a_session_secret_is_replaced_again(tmp_path: Path) -> None:
    """Each old one keeps its own last day, and one that is past goes."""
    state.create(tmp_path)
    state.renew_session(tmp_path, DAY)
    state.renew_session(tmp_path, DAY + timedelta(days=1))
    assert len(state.session_secrets(tmp_path, DAY + timedelta(days=1))) == 3
    assert len(state.session_secrets(tmp_path, DAY + timedelta(days=10))) == 2
    state.renew_session(tmp_path, DAY + timedelta(days=30))
    assert len((tmp_path / "session.secret").read_text().splitlines()) == 2


def test_a_session_secret_is_not_replaced_without_end(tmp_path: Path) -> None:
    state.create(tmp_path)
    for _ in range(7):
        state.renew_session(tmp_path, DAY)
    before = (tmp_path / "session.secret").read_text()
    with pytest.raises(SettingsError, match="replaced 7 times within a few days"):
        state.renew_session(tmp_path, DAY)
    assert (tmp_path / "session.secret").read_text() == before


@pytest.mark.parametrize(
    "text", ["{0} until yesterday\n", "{0}\n{0} until\n", "{0} until 2026-12-01\n", "{0}\n{0} 2026-12-01\n"]
)
def test_a_session_secret_with_a_wrong_day(tmp_path: Path, text: str) -> None:
    state.create(tmp_path)
    (tmp_path / "session.secret").write_text(text.format("ab" * 32))
    with pytest.raises(SettingsError, match=r"session\.secret does not hold secrets"):
        state.session_secrets(tmp_path, DAY)


def test_files_are_whole_or_not_there(tmp_path: Path) -> None:
    def broken() -> object:
        yield b"half"
        raise ValueError

    path = tmp_path / "file"
    with pytest.raises(ValueError):
        files.write(path, broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
    files.write(path, [b"one"], replace=False)
    with pytest.raises(FileExistsError):
        files.write(path, [b"two"], replace=False)
    assert path.read_bytes() == b"one"
    files.write(path, [b"two"])
    assert [child.read_bytes() for child in tmp_path.iterdir()] == [b"two"]


def test_settings_have_defaults(tmp_path: Path) -> None:
    chosen = settings.load(tmp_path)
    assert chosen.database == f"sqlite:///{tmp_path}/portal.db"
    assert set(chosen.desks) == {"police", "stopline", "ecpat"}


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    settings.remember_database(tmp_path, 'postgresql+psycopg://"x"@/db')
    assert settings.load(tmp_path).database == 'postgresql+psycopg://"x"@/db'
    assert settings.load(tmp_path, tmp_path / "k", "sqlite:////x").database == "sqlite:////x"
    settings.remember_database(tmp_path, "sqlite:////other")
    assert settings.load(tmp_path).database == 'postgresql+psycopg://"x"@/db'


def test_settings_from_the_file(tmp_path: Path) -> None:
    (tmp_path / "portal.toml").write_text(
        'fallback = "ecpat"\nchannel_folder = "/srv/channels"\n[desks.ecpat]\ntitle.en = "ECPAT"\ndays_to_read = 3\n'
    )
    chosen = settings.load(tmp_path)
    assert chosen.desks["ecpat"].days_to_read == 3
    assert chosen.channel_folder == Path("/srv/channels")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonsense", "cannot be read as TOML"),
        ("unknown = 1", "unknown"),
        ("attachment_bytes = 0", "attachment_bytes"),
        ('fallback = "nobody"', "`fallback` must be one of the desks"),
        ("permits = 'many'", "permits"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "portal.toml").write_text(text)
    with pytest.raises(SettingsError, match=message):
        settings.load(tmp_path)


def test_a_state_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="portal init"):
        settings.load(tmp_path / "none")


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of credentials as systemd makes it: the rights of its files show an access list's mask as a group's."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_secrets_that_systemd_hands_over(tmp_path: Path, credentials: Path) -> None:
    folder = tmp_path / "state"
    made = state.create(folder)
    for name in (state.RECEIPT_SECRET, state.SESSION_SECRET, state.SIGNING_KEY):
        (folder / name).rename(credentials / name)
        (credentials / name).chmod(0o440)
    assert state.load(folder) == made
    assert state.create(folder) == made
    assert sorted(path.name for path in folder.iterdir()) == ["portal.pub", "spool"]


def test_a_sealed_session_secret_is_replaced(tmp_path: Path, credentials: Path) -> None:
    """The new one lies in the folder until it is sealed: systemd's folder cannot be written."""
    folder = tmp_path / "state"
    old = state.create(folder).session_secrets
    (folder / state.SESSION_SECRET).rename(credentials / state.SESSION_SECRET)
    state.renew_session(folder, DAY)
    assert state.session_secrets(folder, DAY) == old
    (folder / state.SESSION_SECRET).rename(credentials / state.SESSION_SECRET)
    assert state.session_secrets(folder, DAY)[1:] == old


def test_a_secret_without_a_credential_lies_in_the_folder(tmp_path: Path, credentials: Path) -> None:
    folder = tmp_path / "state"
    state.create(folder)
    assert state.secret_path(folder, state.RECEIPT_SECRET) == folder / state.RECEIPT_SECRET
    (folder / state.RECEIPT_SECRET).chmod(0o640)
    with pytest.raises(SettingsError, match="can be read by others"):
        state.load(folder)
