"""What each command of `desk` does and prints. Results go to standard output, advice to standard error."""

import argparse
import shlex
import sys
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from portal.channels import load
from portal.desk import asking, cases, console, portals, session, views
from portal.desk.extracting import extract
from portal.desk.importing import Outcome, import_bundle
from portal.desk.packing import make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk, open_desk
from portal.errors import DeskError

SUCCESS, FAILURE = 0, 1
_ADVISED_CHARACTERS = 20
_LISTED = 20
"""So many cases or reasons are named one by one; the casebook knows them all."""


def init(options: argparse.Namespace) -> int:
    passphrase = asking.passphrase(options.passphrase_file, new=True)
    keys = session.make(options.dir, options.desk, passphrase, options.person)
    public = options.dir / "public"
    advise(
        f"The desk {keys.desk} is ready in {options.dir}. Items for it are sealed to this recipient:",
    )
    print(keys.recipient, flush=True)
    advise(
        f"Fingerprint of its signing key: {portals.words(keys.verify_key)}",
        f"Next: copy {public / keys.desk}.recipients and {public / keys.desk}.pub into the portal's keys folder,",
        "and let the operator there compare the fingerprint with you.",
        "There is no way back into this desk without the passphrase: keep it apart from this machine.",
    )
    if len(passphrase) < _ADVISED_CHARACTERS:
        advise("The passphrase is short. It is all that protects a stolen desk: six random words are better.")
    return SUCCESS


def import_(options: argparse.Namespace) -> int:
    key = portals.read_key(options.portal_key) if options.portal_key else None
    trust = Trust(key, options.portal_name, asking.portal_key if asking.at_terminal() else None)
    with _open(options, writing=True) as desk:
        outcome = import_bundle(desk, options.bundle, load(), trust, _progress)
    _print_outcome(outcome)
    if outcome.quarantined:
        advise(
            f"What is in quarantine stays sealed in {options.dir / 'quarantine'}: ask the portal's operator about it."
        )
    if outcome.cases or outcome.messages:
        advise(f"Next: desk list {_quoted(options.dir)}")
    if outcome.stopped:
        raise DeskError(f"The bundle was not imported to its end; what is named above is kept. {outcome.stopped}")
    return SUCCESS


def _print_outcome(outcome: Outcome) -> None:
    older = "; a newer one was imported before" if outcome.older else ""
    print(f'Bundle {outcome.counter} of {console.line(outcome.day)} from the portal "{outcome.portal}"{older}.')
    print(_count(len(outcome.cases), "new case") + _named(outcome.cases))
    print(_count(len(outcome.messages), "new message to a known case", "new messages to known cases"), end="")
    print(_named(list(dict.fromkeys(outcome.messages))))
    print(f"{outcome.known} already here")
    print(f"{len(outcome.quarantined)} in quarantine")
    for item, reason in outcome.quarantined[:_LISTED]:
        print(f"    {item}: {reason}")
    if len(outcome.quarantined) > _LISTED:
        print(f"    … and {len(outcome.quarantined) - _LISTED} more")
    if outcome.urgent:
        print(f"URGENT: {', '.join(outcome.urgent)}")


def list_(options: argparse.Namespace) -> int:
    with _open(options) as desk:
        found = cases.listed(desk.casebook)
    print(console.as_json([views.case_as_json(case) for case in found]) if options.json else views.list_as_text(found))
    return SUCCESS


def show(options: argparse.Namespace) -> int:
    with _open(options) as desk:
        case = cases.find(desk.casebook, options.id)
        messages, answers = cases.messages(desk.casebook, case), cases.answers(desk.casebook, case)
    if options.json:
        shown = views.thread_as_json(case, messages)
        more = {"replies": views.answers_as_json(answers)} if options.answers else {}
        print(console.as_json(shown | more))
        return SUCCESS
    print(views.thread_as_text(case, messages, answers, load(), options.language))
    if any(message.report.attachments for message in messages):
        advise(f"Next: desk extract {_quoted(options.dir)} {case.name} N OUT takes out attachment N.")
    return SUCCESS


def extract_(options: argparse.Namespace) -> int:
    with _open(options) as desk:
        attachment = extract(desk, cases.find(desk.casebook, options.id), options.number, options.out)
    print(f"Attachment {options.number} of {options.id} is in {options.out}: {attachment.size:,} bytes, not opened.")
    print(f"SHA-256 {attachment.sha256}, as its report says.")
    return SUCCESS


def reply_(options: argparse.Namespace) -> int:
    text = _text(options.text_file) if options.text_file else ""
    with _open(options, writing=True) as desk:
        case = cases.find(desk.casebook, options.id)
        follow_up = options.follow_up or [desk.name]
        answer = reply(desk, case, options.status, text, follow_up, datetime.now(UTC).date())
    size = len(answer.text.encode())
    print(f"Answer {answer.number} to {case.name} is stored: {answer.status}, {size:,} bytes of text.")
    print(f"Further messages of the reporter go to: {', '.join(answer.follow_up)}.")
    advise(f"It leaves with the next pack: desk pack {_quoted(options.dir)} OUT")
    return SUCCESS


def pack(options: argparse.Namespace) -> int:
    with _open(options, writing=True) as desk:
        portal = portals.find(desk.casebook, options.portal)
        packed = make_pack(desk, portal, options.out)
    items, answers = _count(packed.collected, "item"), _count(packed.replies, "answer")
    print(f'Pack {packed.counter} for the portal "{portal.name}" is in {options.out}: {items} acknowledged, {answers}.')
    if packed.left:
        print(f"{packed.left} more had no room in it: they go with a later pack.")
    advise(f"Next: take it to the portal: portal import --state DIR --keys DIR {_quoted(options.out)}")
    return SUCCESS


def key(options: argparse.Namespace) -> int:
    with _open(options) as desk:
        known = portals.pinned(desk.casebook)
        keys = desk.keyring
    print(f"Desk {keys.desk}, keyring of {keys.person}")
    print("Recipient, to which the portal seals:")
    print(keys.recipient)
    older = len(keys.identities) - 1
    if older:
        print(f"{_count(older, 'older identity', 'older identities')} opens what came before.")
    print("Signing key of its packs (minisign):")
    print(keys.verify_key.to_base64().decode())
    print(f"    fingerprint: {portals.words(keys.verify_key)}")
    for portal in known:
        print(f'Portal "{portal.name}":')
        print(portal.key.to_base64().decode())
        print(f"    fingerprint: {portals.words(portal.key)}")
    if not known:
        print("No portal is known yet: the first import takes its key.")
    return SUCCESS


def advise(*lines: str) -> None:
    """Advice for a person, which no program has to skip."""
    sys.stdout.flush()
    for text in lines:
        print(text, file=sys.stderr)


def _open(options: argparse.Namespace, *, writing: bool = False) -> AbstractContextManager[Desk]:
    session.find(options.dir)
    passphrase = asking.passphrase(options.passphrase_file)
    return open_desk(options.dir, passphrase, options.person, writing=writing)


def _text(path: Path) -> str:
    limit = 64 * 1024
    try:
        with path.open("rb") as file:
            return file.read(limit).decode("utf-8-sig")
    except OSError as error:
        raise DeskError(f"{path} cannot be read ({error.strerror}): look at its name.") from None
    except UnicodeDecodeError:
        raise DeskError(f"{path} is not UTF-8 text: save it as UTF-8 and do this again.") from None


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() and (done % 10 == 0 or done == total):
        print(f"\r{done} of {total} items", end="\n" if done == total else "", file=sys.stderr, flush=True)


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _named(names: list[str]) -> str:
    if not names:
        return ""
    return ": " + ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
