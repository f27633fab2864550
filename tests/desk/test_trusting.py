"""A portal's new key: compared by a person, and what goes on under it."""

from pathlib import Path

import minisign
import pytest

from portal.channels import Channel
from portal.desk import cases, cli, custody, portals, session
from portal.desk.importing import import_bundle
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.trusting import trust
from portal.errors import DeskError, Refused
from tests.desk.conftest import PASSPHRASE, Import
from tests.desk.played import PlayedPortal, draft, reporter


def replaced(portal: PlayedPortal) -> minisign.PublicKey:
    """Give the portal a new key; the one that it had."""
    old: minisign.PublicKey = portal.keys.public_key
    portal.keys = minisign.KeyPair.generate()
    return old


def words(portal: PlayedPortal) -> str:
    return portals.words(portal.keys.public_key)


def test_everything_goes_on_under_the_new_key(
    desk: Desk, portal: PlayedPortal, importing: Import, channels: dict[str, Channel], tmp_path: Path
) -> None:
    keys = reporter()
    portal.file(draft("one"), keys)
    bundles = [portal.export() for _ in range(3)]
    for path in bundles:
        importing(path)
    case = cases.find(desk.casebook, "2026-0001")
    said = reply(desk, case, "question", "Where?", ["police"], desk.today)
    make_pack(desk, portals.find(desk.casebook, None), tmp_path / "lost")
    old = replaced(portal)
    portal.counter = 0
    portal.file(draft("There.", kind="message"), keys)
    path = portal.export()
    with pytest.raises(Refused, match="not signed by the portal"):
        import_bundle(desk, path, channels, Trust())

    trusted = trust(desk, None, portal.keys.public_key, f"  {words(portal).upper()} ")
    assert (trusted.name, trusted.old) == ("portal", old)
    outcome = import_bundle(desk, path, channels, Trust())
    assert (outcome.older, outcome.messages, outcome.known, outcome.resent) == (False, ["2026-0001"], 1, 0)
    packed = make_pack(desk, portals.find(desk.casebook, None), tmp_path / "pack")
    assert packed.counter == 2
    pack, replies = portal.take(tmp_path / "pack", desk.keyring.verify_key)
    assert (len(pack.collected), list(replies)) == (2, [said.id])
    with pytest.raises(Refused, match="not signed by the portal"):
        import_bundle(desk, bundles[-1], channels, Trust())
    (entry,) = [record for record in custody.records(desk.casebook) if record.entry.act == "portal-trusted"]
    assert entry.details == {
        "name": "portal",
        "old": old.to_base64().decode(),
        "new": portal.keys.public_key.to_base64().decode(),
    }
    assert custody.check(desk.casebook, [desk.keyring.verify_key]) == entry.entry.number + 2


def test_what_an_import_would_never_do(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    key = portal.keys.public_key
    with pytest.raises(DeskError, match="knows no portal yet"):
        trust(desk, None, key, portals.words(key))
    importing(portal.export())
    with pytest.raises(DeskError, match="has here already"):
        trust(desk, "portal", key, portals.words(key))
    replaced(portal)
    new = portal.keys.public_key
    for wrong in ("", portals.words(key), " ".join(words(portal).split()[:3]), words(portal) + " abandon"):
        with pytest.raises(Refused, match="not the 8 words"):
            trust(desk, "portal", new, wrong)
    with pytest.raises(DeskError, match="no portal called other"):
        trust(desk, "other", new, words(portal))
    assert portals.find(desk.casebook, None).key == key
    assert all(record.entry.act != "portal-trusted" for record in custody.records(desk.casebook))


def test_the_command(
    root: Path,
    portal: PlayedPortal,
    passphrase_file: Path,
    channels: dict[str, Channel],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk:
        import_bundle(desk, portal.export(), channels, Trust(portal.keys.public_key))
    replaced(portal)
    command = ["trust", str(root), "--portal-key", str(portal.key_file), "--passphrase-file", str(passphrase_file)]
    assert cli.main(command) == 1
    said = capsys.readouterr().err
    assert "There is nobody to ask" in said
    assert "import its first bundle under a new name" in said
    assert cli.main([*command, "--words", words(portal)]) == 0
    assert f"New: {words(portal)}" in capsys.readouterr().out
