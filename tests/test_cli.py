"""`portal` as an operator meets it: what it prints, and one clear sentence for everything that can be wrong."""

import socket
from pathlib import Path

import pytest

from portal import cli
from portal.store import lock_state
from tests.test_desks import write_desk


@pytest.fixture
def folder(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """A folder with a portal in `state` and the keys of three desks in `keys`."""
    assert cli.main(["init", "--state", str(tmp_path / "state")]) == 0
    for name in ("police", "stopline", "ecpat"):
        write_desk(tmp_path / "keys", name)
    capfd.readouterr()
    return tmp_path


def refused(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Run a command that must fail; gives its one line."""
    assert cli.main(list(map(str, arguments))) == 1
    out, err = capfd.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.startswith("error: ")
    return line


def test_init_prints_the_key_and_can_be_repeated(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    printed = []
    for _ in range(2):
        assert cli.main(["init", "--state", str(tmp_path / "state")]) == 0
        out, err = capfd.readouterr()
        printed.append(out)
        assert "fingerprint" in err
        assert "Running upgrade" not in err
    assert printed[0] == printed[1]
    assert printed[0].strip() in (tmp_path / "state" / "portal.pub").read_text()


def test_export_and_tend_say_what_they_did(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    state = str(folder / "state")
    assert cli.main(["export", "--state", state, "--desk", "police", str(folder / "bundle.tar")]) == 0
    assert "0 sealed items for police" in capfd.readouterr().out
    assert cli.main(["tend", "--state", state]) == 0
    assert "0 expired answers deleted" in capfd.readouterr().out


def test_serve_needs_every_desk(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "keys" / "stopline.recipients").unlink()
    line = refused(capfd, "serve", "--state", folder / "state", "--keys", folder / "keys", "--no-tor")
    assert "stopline.recipients is missing: copy it" in line


def test_serve_with_an_address_in_use(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        arguments = ["serve", "--state", folder / "state", "--keys", folder / "keys", "--no-tor", "--preview", address]
        assert "is in use: stop the other program, or choose another port" in refused(capfd, *arguments)


def test_serve_on_an_address_that_others_reach(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["serve", "--state", folder / "state", "--keys", folder / "keys", "--no-tor", "--preview", "0.0.0.0:80"]
    assert "can be reached from outside" in refused(capfd, *arguments)


def test_a_second_serve_on_one_state(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with lock_state(folder / "state"):
        line = refused(capfd, "serve", "--state", folder / "state", "--keys", folder / "keys", "--no-tor")
    assert "Another portal serves this state folder: stop it first" in line


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('fallback = "nobody"', "`fallback` must be one of the desks"),
        ('channel_desks.travel = ["nobody"]', "goes to the desk nobody, which is not in the settings"),
        ("channel_desks.travel = []", "goes to no desk"),
        ('channel_desks.unknown = ["police"]', "a channel that is not there"),
    ],
)
def test_serve_with_wrong_settings(folder: Path, capfd: pytest.CaptureFixture[str], setting: str, words: str) -> None:
    (folder / "state" / "portal.toml").write_text(setting + "\n")
    assert words in refused(capfd, "serve", "--state", folder / "state", "--keys", folder / "keys", "--no-tor")


@pytest.mark.parametrize("command", ["export", "import", "tend", "serve"])
def test_a_state_that_was_never_made(tmp_path: Path, capfd: pytest.CaptureFixture[str], command: str) -> None:
    more = {
        "export": ["--desk", "police", tmp_path / "out"],
        "import": ["--keys", tmp_path, tmp_path / "pack"],
        "serve": ["--keys", tmp_path, "--no-tor"],
    }
    assert "portal init" in refused(capfd, command, "--state", tmp_path / "none", *more.get(command, []))
    (tmp_path / "empty").mkdir()
    assert "portal init" in refused(capfd, command, "--state", tmp_path / "empty", *more.get(command, []))


def test_a_desk_that_is_not_there(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    line = refused(capfd, "export", "--state", folder / "state", "--desk", "nobody", folder / "out")
    assert "no desk called nobody" in line
    assert not (folder / "out").exists()


def test_packs_that_cannot_be_read(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["import", "--state", folder / "state", "--keys", folder / "keys", folder / "pack"]
    assert "No such file" in refused(capfd, *arguments)
    (folder / "pack").write_bytes(b"nonsense")
    assert "cut short: copy it again" in refused(capfd, *arguments)


def test_a_database_that_does_not_answer(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    url = f"postgresql+psycopg://portal:secret@/none?host={folder}"
    line = refused(capfd, "tend", "--state", folder / "state", "--database", url)
    assert "secret" not in line
    line = refused(capfd, "tend", "--state", folder / "state", "--database", "nonsense")
    assert "nonsense" not in line or "URL" in line


def test_init_beside_a_database_without_its_secret(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "state" / "receipt.secret").unlink()
    assert "receipt.secret is missing: restore it" in refused(capfd, "init", "--state", folder / "state")
    assert not (folder / "state" / "receipt.secret").exists()


def test_import_says_which_keys_are_missing(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    state, keys, out = folder / "state", folder / "keys", folder / "bundle.tar"
    assert "is not there" in refused(capfd, "import", "--state", state, "--keys", folder / "none", out)
    assert cli.main(["export", "--state", str(state), "--desk", "police", str(out)]) == 0
    capfd.readouterr()
    assert "This is a bundle" in refused(capfd, "import", "--state", state, "--keys", keys, out)
    out.write_bytes(out.read_bytes().replace(b"portal-to-desk", b"desk-to-portal"))
    (keys / "ecpat.pub").unlink()
    line = refused(capfd, "import", "--state", state, "--keys", keys, out)
    assert "not signed by a key that is known here" in line
    assert line.endswith("The keys folder has no ecpat.pub.")


def test_export_names_the_file_that_cannot_be_written(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = folder / "none" / "bundle.tar"
    line = refused(capfd, "export", "--state", folder / "state", "--desk", "police", out)
    assert f"{out}: No such file or directory" in line


def test_usage(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    assert "Serve the portal as an onion service" in capfd.readouterr().out
    with pytest.raises(SystemExit) as caught:
        cli.main([])
    assert caught.value.code == 2
