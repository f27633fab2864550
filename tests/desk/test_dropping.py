"""What is dropped in by hand: a bundle, or one sealed item that came some other way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from portal import limits, report
from portal.age import HybridIdentity, armor, encrypt
from portal.channels import Channel
from portal.desk import cases, custody, origins, portals
from portal.desk.backing_up import back_up
from portal.desk.dropping import import_file, is_sealed_item
from portal.desk.importing import Outcome
from portal.desk.packing import Packed, make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError, Refused
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, contents, draft, report_json, reporter, seal, sealed_item

Drop = Callable[[bytes], Outcome]


@pytest.fixture
def drop(desk: Desk, channels: dict[str, Channel], tmp_path: Path) -> Drop:
    """Imports a file of this content."""

    def dropped(content: bytes) -> Outcome:
        (tmp_path / "dropped").write_bytes(content)
        return import_file(desk, tmp_path / "dropped", channels, Trust())

    return dropped


def as_text(content: bytes) -> bytes:
    return b"".join(armor([content]))


@pytest.mark.parametrize("form", [bytes, as_text, lambda content: b"\r\n " + as_text(content).replace(b"\n", b"\r\n")])
def test_a_single_item(desk: Desk, drop: Drop, form: Callable[[bytes], bytes]) -> None:
    item = seal([desk.keyring.recipient], reporter(), draft("one"))
    outcome = drop(form(item.sealed))
    assert (outcome.cases, outcome.messages, outcome.known, outcome.portal) == (["2026-0001"], [], 0, "by hand")
    case = cases.find(desk.casebook, "2026-0001")
    assert cases.messages(desk.casebook, case)[0].report.narrative == "one"
    assert desk.folder.sealed(bytes.fromhex(item.sha256)).read_bytes() == item.sealed
    assert origins.source(desk.casebook, case) == "by-hand"
    assert [record.entry.act for record in custody.records(desk.casebook)] == ["imported"]
    assert desk.casebook.all("SELECT * FROM arrivals") == []
    assert portals.pinned(desk.casebook) == []
    assert drop(form(item.sealed)).known == 1
    with pytest.raises(DeskError, match="not known which portal"):
        reply(desk, case, "under-review", "", ["police"], desk.today)


def test_a_bundle_is_still_a_bundle(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> None:
    portal.file(draft("one"))
    path = portal.export()
    assert not is_sealed_item(path)
    assert import_file(desk, path, channels, Trust(portal.keys.public_key)).cases == ["2026-0001"]


def test_it_joins_its_thread(desk: Desk, portal: PlayedPortal, importing: Import, drop: Drop) -> None:
    keys = reporter()
    portal.file(draft("one"), keys)
    importing(portal.export())
    outcome = drop(seal([desk.keyring.recipient], keys, draft("two", kind="message")).sealed)
    assert (outcome.cases, outcome.messages) == ([], ["2026-0001"])
    case = cases.find(desk.casebook, "2026-0001")
    assert origins.source(desk.casebook, case) is None
    reply(desk, case, "under-review", "", ["police"], desk.today)


@pytest.mark.parametrize("same", [True, False], ids=["the same item", "another of the thread"])
def test_a_bundle_of_the_same_thread_takes_it_over(
    desk: Desk, portal: PlayedPortal, importing: Import, drop: Drop, tmp_path: Path, same: bool
) -> None:
    keys = reporter()
    item = portal.file(draft("one"), keys)
    drop(item.sealed)
    if not same:
        portal.waiting.clear()
        portal.file(draft("two", kind="message"), keys)
    outcome = importing(portal.export())
    assert (outcome.cases, outcome.messages, outcome.known) == ([], [] if same else ["2026-0001"], int(same))
    (case,) = cases.listed(desk.casebook)
    assert origins.source(desk.casebook, case) is None
    reply(desk, case, "under-review", "", ["police"], desk.today)
    assert make_pack(desk, portals.find(desk.casebook, None), tmp_path / "pack") == Packed(1, 1, 1, 0)
    portal.take(tmp_path / "pack", desk.keyring.verify_key)
    assert portal.waiting == {}


def test_another_report_under_a_known_id_is_refused(desk: Desk, drop: Drop) -> None:
    keys = reporter()
    first = seal([desk.keyring.recipient], keys, draft("one"))
    drop(first.sealed)
    body = report_json(keys, draft("two"), id=first.id)
    with pytest.raises(Refused, match="same id"):
        drop(sealed_item([desk.keyring.recipient], body, report.sign(body, keys)).sealed)


def test_what_is_not_acceptable_changes_nothing(
    desk: Desk, drop: Drop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = seal([desk.keyring.recipient], reporter(), draft("one")).sealed
    body = report_json(reporter(), draft("one"))
    backup = back_up(desk, tmp_path / "backup", [desk.keyring.recipient]).path.read_bytes()
    hostile = [
        (item[:-1], "not a whole age file"),
        (item + b"x", "not a whole age file"),
        (as_text(item)[:-30], "not a whole age file"),
        (
            seal([HybridIdentity.generate().recipient], reporter(), draft("one")).sealed,
            "not sealed to a key of this desk",
        ),
        (sealed_item([desk.keyring.recipient], body, bytes(64)).sealed, "signature"),
        (b"".join(encrypt([desk.keyring.recipient], [b"hello"])), "cut short"),
        (b"".join(encrypt([desk.keyring.recipient], [])), "cut short"),
        (backup, "desk restore"),
    ]
    before = contents(desk.casebook)
    for content, sentence in hostile:
        with pytest.raises(Refused, match=sentence):
            drop(content)
    monkeypatch.setattr(limits, "SEALED_ITEM_BYTES", len(item) - 1)
    with pytest.raises(Refused, match="larger than"):
        drop(item)
    assert contents(desk.casebook) == before
    assert list(desk.folder.sealed_items.iterdir()) == []
