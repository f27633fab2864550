"""The roster: read only under the coordination's signature, and what its days mean."""

import shutil
import subprocess
import tomllib
from datetime import date, timedelta
from pathlib import Path

import minisign
import pytest

from portal import bundle, desks, limits, roster
from portal.age import HybridIdentity, HybridRecipient, X25519Identity
from portal.desks import KeysFolder
from portal.errors import SettingsError
from portal.roster import Standing, Trust
from tests.test_desks import write_desk

DAY = date(2026, 11, 25)
VECTORS = Path(__file__).parent / "vectors" / "portevoix" / "roster"
COORDINATION = minisign.KeyPair.generate()
OLD, NEW, OTHER = (str(HybridIdentity.generate().recipient) for _ in range(3))
HEAD = 'format = "portevoix/roster/1"\nnumber = {number}\nday = 2026-11-25\n'


def entry(desk: str, signing: str, *terms: tuple[str, str, str]) -> str:
    """A desk's part of a roster; each term is a recipient, its first and its last day."""
    listed = [
        f'[[desks.{desk}.recipients]]\nrecipient = "{recipient}"\nfrom = {since}\nuntil = {until}\n'
        for recipient, since, until in terms
    ]
    return f'[desks.{desk}]\nsigning = ["{signing}"]\n' + "".join(listed)


def sign(folder: Path, text: str, key: minisign.SecretKey = COORDINATION.secret_key) -> None:
    """Put a signed roster into the keys folder."""
    (folder / roster.FILE).write_text(text)
    (folder / roster.SIGNATURE).write_bytes(bytes(key.sign(text.encode())) + b"\n")


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A keys folder in which the police has the recipients OLD and NEW, and a roster that lists both."""
    folder = tmp_path / "keys"
    write_desk(folder, "police", f"{OLD}\n{NEW}\n")
    sign(folder, HEAD.format(number=3) + police(folder))
    return folder


def police(folder: Path) -> str:
    """The police's part: OLD until December 10, NEW from December 1."""
    key = (folder / "police.pub").read_text().split("\n")[1]
    return entry("police", key, (OLD, "2026-01-01", "2026-12-10"), (NEW, "2026-12-01", "2027-12-01"))


def trust(keys: Path) -> Trust:
    return Trust(COORDINATION.public_key, keys.parent / roster.NEWEST)


def opened(keys: Path) -> KeysFolder:
    return KeysFolder(keys, ["police"], trust(keys))


def sealed_to(folder: KeysFolder, day: date) -> list[str]:
    return [str(recipient) for recipient in folder.recipients(["police"], day)]


def test_one_key_takes_over_from_another_with_an_overlap(keys: Path) -> None:
    """Nobody has to do anything on the day."""
    folder = opened(keys)
    assert sealed_to(folder, date(2026, 11, 30)) == [OLD]
    assert sealed_to(folder, date(2026, 12, 1)) == [OLD, NEW]
    assert sealed_to(folder, date(2026, 12, 10)) == [OLD, NEW]
    assert sealed_to(folder, date(2026, 12, 11)) == [NEW]
    assert all(folder.takes_files(["police"], date(2026, 11, 1) + timedelta(days=n)) for n in range(365))


def test_a_key_past_its_date_warns_then_takes_no_files_and_always_text(keys: Path) -> None:
    (keys / "police.recipients").write_text(f"{OLD}\n")
    folder = opened(keys)
    last = date(2026, 12, 10)
    grace = last + timedelta(days=limits.KEY_GRACE_DAYS)
    said = {}
    for day in (last, last + timedelta(days=1), grace, grace + timedelta(days=1), date(2036, 1, 1)):
        assert sealed_to(folder, day) == [OLD]
        said[day] = " ".join(desks.warnings(folder.all(), day))
    assert said[last] == ""
    assert "was to be used until 2026-12-10: let the desk make a new one" in said[last + timedelta(days=1)]
    assert folder.takes_files(["police"], grace)
    assert not folder.takes_files(["police"], grace + timedelta(days=1))
    assert "no files are taken for it any more, only text" in said[date(2036, 1, 1)]


def test_a_clock_that_is_years_behind_refuses_nothing(keys: Path) -> None:
    folder = opened(keys)
    assert sealed_to(folder, date(2001, 1, 1)) == [OLD, NEW]
    assert folder.takes_files(["police"], date(2001, 1, 1))
    assert "look at the clock" in " ".join(desks.warnings(folder.all(), date(2001, 1, 1)))


def test_an_old_key_is_not_preferred_to_one_whose_time_has_not_come(keys: Path) -> None:
    sign(
        keys,
        HEAD.format(number=4)
        + entry("police", key_of(keys), (OLD, "2020-01-01", "2020-12-31"), (NEW, "2026-12-01", "2027-12-01")),
    )
    assert sealed_to(opened(keys), DAY) == [NEW]


def key_of(keys: Path) -> str:
    return (keys / "police.pub").read_text().split("\n")[1]


def test_a_recipient_that_is_not_listed_stops_the_start(keys: Path) -> None:
    (keys / "police.recipients").write_text(f"# of the police\n{OLD}\n{OTHER}\n")
    with pytest.raises(SettingsError, match=r"police\.recipients, line 3: this recipient .* roster 3 .* police"):
        opened(keys)
    # Without a pinned key nobody asks.
    assert KeysFolder(keys, ["police"]).names == ["police"]


def test_a_signing_key_that_is_not_listed_stops_the_start(keys: Path) -> None:
    (keys / "police.pub").write_bytes(bytes(minisign.KeyPair.generate().public_key))
    with pytest.raises(SettingsError, match=r"police\.pub is not a key that roster 3 lists"):
        opened(keys)


def test_a_desk_that_is_not_listed(keys: Path) -> None:
    write_desk(keys, "ecpat")
    with pytest.raises(SettingsError, match="does not list the desk ecpat"):
        KeysFolder(keys, ["police", "ecpat"], trust(keys))


def test_every_byte_is_signed(keys: Path) -> None:
    data, signature = (keys / roster.FILE).read_bytes(), (keys / roster.SIGNATURE).read_bytes()
    for place in range(0, len(data), 97):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        with pytest.raises(SettingsError, match="is not signed by the key"):
            roster.verified(changed, signature, COORDINATION.public_key)


def test_another_key_signs_nothing(keys: Path) -> None:
    sign(keys, (keys / roster.FILE).read_text(), minisign.KeyPair.generate().secret_key)
    with pytest.raises(SettingsError, match="ask by telephone before you change the setting"):
        opened(keys)


@pytest.mark.parametrize("name", [roster.FILE, roster.SIGNATURE])
def test_a_missing_roster_stops_the_start(keys: Path, name: str) -> None:
    (keys / name).unlink()
    with pytest.raises(SettingsError, match=f"{name} is missing"):
        opened(keys)


def test_an_older_roster_is_refused(keys: Path) -> None:
    """Else a key that was withdrawn would come back with the roster that listed it."""
    older = HEAD.format(number=2) + police(keys)
    opened(keys)
    sign(keys, older)
    with pytest.raises(SettingsError, match="is number 2, and number 3 was used here before"):
        opened(keys)


def test_a_new_roster_is_taken_while_the_portal_runs(keys: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = opened(keys)
    (keys / "police.recipients").write_text(f"{OTHER}\n")
    assert sealed_to(folder, DAY) == [OLD]
    assert "the old ones stay" in caplog.text
    sign(keys, HEAD.format(number=4) + entry("police", key_of(keys), (OTHER, "2026-11-01", "2027-11-01")))
    assert sealed_to(folder, DAY) == [OTHER]
    assert (keys.parent / roster.NEWEST).read_text() == "4\n"


WRONG = {
    "no toml": ("nonsense", "is not TOML"),
    "no utf-8": (b"\xff\xfe", "is not TOML"),
    "another format": (HEAD.replace("/1", "/2"), "format"),
    "no number": ('format = "portevoix/roster/1"\nday = 2026-11-25\n[desks]\n', "number"),
    "an unknown key": (HEAD + "x = 1\n[desks]\n", "x"),
    "a name that is none": (HEAD + entry("Police", "RW", (OLD, "2026-01-01", "2026-02-01")), "desks"),
    "no recipient": (HEAD + '[desks.police]\nsigning = ["RW"]\nrecipients = []\n', "recipients"),
    "the end before the beginning": (HEAD + entry("police", "RW", (OLD, "2026-02-01", "2026-01-01")), "ends before"),
    "twice": (HEAD + entry("police", "RW", *[(OLD, "2026-01-01", "2026-02-01")] * 2), "listed twice"),
    "a classical recipient": (
        HEAD + entry("police", "RW", (str(X25519Identity.generate().recipient), "2026-01-01", "2026-02-01")),
        "recipient 1 of police is none that begins with age1pq1",
    ),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_a_roster_that_is_not_one(text: str | bytes, says: str) -> None:
    data = text if isinstance(text, bytes) else text.replace("{number}", "1").encode()
    with pytest.raises(SettingsError, match=says):
        roster.parse(data)


def test_the_number_of_the_newest_is_damaged(keys: Path) -> None:
    (keys.parent / roster.NEWEST).write_text("three")
    with pytest.raises(SettingsError, match=r"roster\.number cannot be read"):
        opened(keys)


def test_the_setting(tmp_path: Path) -> None:
    made = roster.trust(COORDINATION.public_key.to_base64().decode(), tmp_path)
    assert made is not None
    assert made.key == COORDINATION.public_key
    assert roster.trust(None, tmp_path) is None
    for wrong in ("", "RW", "nonsense", HybridRecipient.parse(OLD).__str__()):
        with pytest.raises(SettingsError, match="`coordination_key` is not a minisign public key"):
            roster.trust(wrong, tmp_path)


def test_days() -> None:
    term = roster.Term(OLD, date(2026, 1, 1), date(2026, 1, 1))
    assert term.standing(date(2025, 12, 31)) is Standing.EARLY
    assert term.standing(date(2026, 1, 1)) is Standing.VALID
    assert term.standing(date(2026, 1, 2)) is Standing.LATE


def test_the_frozen_roster() -> None:
    keys = desks.read_desk(VECTORS, "police", frozen())
    words = [bundle.recipient_fingerprint(recipient) for recipient in keys.recipients]
    words.append(bundle.fingerprint(keys.verify_key))
    assert [" ".join(each) for each in words] == (VECTORS / "fingerprints.txt").read_text().splitlines()
    sealed = [len(keys.in_use(day)) for day in (date(2026, 11, 30), date(2026, 12, 5), date(2026, 12, 11))]
    assert sealed == [1, 2, 1]


def frozen() -> roster.Roster:
    key = desks.read_public_key(VECTORS / "coordination.pub", "coordination")
    return roster.verified((VECTORS / roster.FILE).read_bytes(), (VECTORS / roster.SIGNATURE).read_bytes(), key)


def test_the_frozen_roster_by_the_standard_tools_alone() -> None:
    """What an auditor does: minisign for the signature, TOML and SHA-256 for the rest, nothing of ours."""
    command = ["minisign", "-V", "-p", "coordination.pub", "-m", roster.FILE]
    assert subprocess.run(command, cwd=VECTORS, capture_output=True, check=False).returncode == 0
    listed = tomllib.loads((VECTORS / roster.FILE).read_text())["desks"]["police"]
    assert (VECTORS / "police.pub").read_text().splitlines()[1] in listed["signing"]
    lines = (VECTORS / "police.recipients").read_text().splitlines()[1:]
    assert {term["recipient"] for term in listed["recipients"]} == set(lines)


def test_signed_with_the_standard_tool(keys: Path, tmp_path: Path) -> None:
    """As docs/operations.md says: `minisign -Sm roster.toml -s KEY`."""
    assert shutil.which("minisign"), "install the Debian package minisign"
    (tmp_path / "key").write_bytes(bytes(COORDINATION.secret_key))
    command = ["minisign", "-W", "-Sm", roster.FILE, "-s", tmp_path / "key"]
    (keys / roster.SIGNATURE).unlink()
    done = subprocess.run(command, cwd=keys, capture_output=True, text=True, input="\n", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sealed_to(opened(keys), DAY) == [OLD]
