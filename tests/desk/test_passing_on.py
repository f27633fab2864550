"""A thread goes from desk to desk with the portal's own code between them: what its reporter sees and has to do."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from portal.channels import load
from portal.cli import main as portal_main
from portal.desk import session
from portal.desk.cli import main as desk_main
from portal.desks import KeysFolder
from portal.intake import Intake, Mailbox, Routing
from portal.permits import Permits
from portal.state import load as load_state
from portal.store import Store
from portal.tickets import Seals
from tests.clock import Clock
from tests.desk.conftest import PASSPHRASE
from tests.intake_world import VISITOR, message


class Site:
    """A portal with two desks, each on a machine of its own."""

    def __init__(self, folder: Path, roots: dict[str, Path], intake: Intake, passphrase: Path) -> None:
        self.folder, self.roots, self.intake = folder, roots, intake
        self._passphrase = passphrase
        self._files = 0

    def desk(self, name: str, command: str, *words: object) -> None:
        call = [command, str(self.roots[name]), *map(str, words), "--passphrase-file", str(self._passphrase)]
        assert desk_main(call) == 0

    def exchange(self, *names: str) -> None:
        """A stick goes to these desks and back."""
        state, keys = self.folder / "state", self.folder / "keys"
        for name in names:
            self._files += 1
            bundle, pack = self.folder / f"bundle-{self._files}", self.folder / f"pack-{self._files}"
            assert portal_main(["export", "--state", str(state), "--desk", name, str(bundle)]) == 0
            self.desk(name, "import", bundle, "--portal-key", state / "portal.pub")
            self.desk(name, "pack", pack)
            assert portal_main(["import", "--state", str(state), "--keys", str(keys), str(pack)]) == 0

    def narratives(self, name: str) -> set[str]:
        with session.open_desk(self.roots[name], PASSPHRASE) as desk:
            return {
                row[0]
                for row in desk.casebook.all("SELECT json_extract(CAST(report AS TEXT), '$.narrative') FROM messages")
            }


@pytest.fixture
def site(tmp_path: Path, root: Path, passphrase_file: Path) -> Iterator[Site]:
    state, roots = tmp_path / "state", {"police": root, "stopline": tmp_path / "stopline"}
    session.make(roots["stopline"], "stopline", PASSPHRASE, work_factor=1)
    assert portal_main(["init", "--state", str(state)]) == 0
    for place in roots.values():
        shutil.copytree(place / "public", tmp_path / "keys", dirs_exist_ok=True)
    secrets = load_state(state)
    seals = Seals(secrets.receipt_secret, secrets.session_secrets, Clock())
    keys, routing = KeysFolder(tmp_path / "keys", list(roots)), {"travel": ("police",), "website": ("stopline",)}
    with closing(Store(f"sqlite:///{state / 'portal.db'}")) as store:
        intake = Intake(store, seals, load(), Routing(routing), keys, Permits(2))
        yield Site(tmp_path, roots, intake, passphrase_file)


def test_the_reporter_has_nothing_to_redo(site: Site) -> None:
    filed = site.intake.file(VISITOR, site.intake.seals.issue_ticket("en"), message("A hotel."))
    words = " ".join(filed.words)

    def mailbox() -> Mailbox:
        return site.intake.enter(VISITOR, words)

    site.exchange("police", "stopline")
    recipients = site.roots["stopline"] / "public" / "stopline.recipients"
    key = site.roots["police"] / "public" / "police.pub"
    first, late = site.folder / "first.age", site.folder / "late.age"
    site.desk("police", "transfer", "2026-0001", first, "--to", "stopline", "--recipients", recipients)
    # Before the pack with that answer is at the portal, the reporter writes once more, to the first desk.
    site.intake.send(VISITOR, mailbox().capsule, message("Before I knew.", kind="message", desks=["police"]))
    site.exchange("police")
    (told,) = mailbox().replies
    assert (told.status, told.desk) == ("forwarded-stopline", "police")
    assert "passed on to: stopline" in told.text
    assert mailbox().desks == ("stopline",)

    follow_up = mailbox()
    site.intake.send(VISITOR, follow_up.capsule, message("After I knew.", kind="message", desks=follow_up.desks))
    site.exchange("police", "stopline")
    assert site.narratives("police") == {"A hotel.", "Before I knew."}
    site.desk("police", "transfer", "2026-0001", late, "--to", "stopline", "--recipients", recipients)
    for path in (first, late):
        site.desk("stopline", "receive", path, "--from-key", key)
    assert site.narratives("stopline") == {"A hotel.", "Before I knew.", "After I knew."}

    site.desk("stopline", "reply", "2026-0001", "--status", "under-review")
    site.exchange("stopline")
    newest, before = mailbox().replies
    assert (newest.desk, newest.status, before.desk) == ("stopline", "under-review", "police")
    assert newest.number > before.number
    assert mailbox().desks == ("stopline",)
