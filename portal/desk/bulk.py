"""Give several cases one status, and tell each reporter so in the language of the report.

Rules kept here: some cases at a time are one transaction; what is so already is left alone, so that a run that was
broken off is given again; a case without a mailbox gets the status, and nobody is told.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.channels import Channel, load
from portal.desk import cases, origins, replies, retention, staff, templating
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import STATUSES, Status, clean_text

CHUNK_CASES = 100
"""Cases in one transaction."""
MOST_CASES = 20_000
"""Cases that are named at once."""
_NO_CASE = "There is no case with this ID."
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Wish:
    """The status, and what reporters read with it: `text`, below the desk's own words for it with `template`."""

    status: Status
    text: str = ""
    template: bool = False


@dataclass(frozen=True)
class _Decision:
    """What is to be done with a case: answered in a language, or given the status alone; or nothing, and why."""

    case: Case | None
    language: str | None = None
    text: str = ""
    reason: str = ""


@dataclass
class Outcome:
    """What was done, or would be: names of cases."""

    told: list[str] = field(default_factory=list)
    """The reporter is answered."""
    untold: list[str] = field(default_factory=list)
    """The status alone is set, since no mailbox is known."""
    skipped: list[tuple[str, str]] = field(default_factory=list)
    """With the reason in one sentence."""
    unknown: list[str] = field(default_factory=list)
    """Those among them that are no cases."""
    languages: Counter[str] = field(default_factory=Counter)
    """How many are answered in which language."""
    urgent: list[str] = field(default_factory=list)
    """Those among them that are urgent."""

    def note(self, name: str, decision: _Decision) -> None:
        """Remember what was decided of the case called `name`."""
        if decision.case is not None and decision.case.urgent:
            self.urgent.append(name)
        if decision.case is None:
            self.skipped.append((name, decision.reason))
            if decision.reason == _NO_CASE:
                self.unknown.append(name)
        elif decision.language is None:
            self.untold.append(name)
        else:
            self.told.append(name)
            self.languages[decision.language] += 1


def set_status(desk: Desk, names: Sequence[str], wish: Wish, progress: Progress = lambda done, total: None) -> Outcome:
    """Do it for the cases called so. Raises DeskError if the wish cannot be fulfilled; then nothing is changed."""
    texts, chosen, outcome = _texts(desk.casebook, wish), _chosen(names), Outcome()
    channels = load()
    for start in range(0, len(chosen), CHUNK_CASES):
        chunk = chosen[start : start + CHUNK_CASES]
        with desk.casebook.transaction():
            for name in chunk:
                decision = _decide(desk.casebook, name, wish, texts)
                _do(desk, wish.status, decision, channels)
                outcome.note(name, decision)
        progress(start + len(chunk), len(chosen))
    return outcome


def preview(casebook: Casebook, names: Sequence[str], wish: Wish) -> Outcome:
    """What `set_status` would do. Raises DeskError as it does."""
    texts, outcome = _texts(casebook, wish), Outcome()
    for name in _chosen(names):
        outcome.note(name, _decide(casebook, name, wish, texts))
    return outcome


def warnings(casebook: Casebook, wish: Wish) -> list[str]:
    """What of the desk's people stands in the texts: sentences, empty where nothing does."""
    texts = "\n".join(_texts(casebook, wish).values())
    return staff.mentions(casebook, texts)


def said(casebook: Casebook, wish: Wish, languages: Iterable[str]) -> dict[str, str]:
    """The whole text for reports in each of these languages."""
    texts = _texts(casebook, wish)
    return {language: _text(texts, language) for language in languages}


def _chosen(names: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(names))
    if not chosen:
        raise DeskError("No case is named: give the IDs of one or more cases.")
    if len(chosen) > MOST_CASES:
        raise DeskError(f"These are more than {MOST_CASES:,} cases: do it in several parts.")
    return chosen


def _texts(casebook: Casebook, wish: Wish) -> dict[str, str]:
    """What is said in each language. Raises DeskError for an unknown status, or a text that is too long."""
    if wish.status not in STATUSES:
        raise DeskError(f"There is no such status: choose one of {', '.join(STATUSES)}.")
    own = clean_text(wish.text)
    found = {}
    for language in templating.ALL_LANGUAGES:
        ours = templating.text(casebook, wish.status, language) if wish.template else ""
        found[language] = "\n\n".join(part for part in (ours, own) if part)
        if len(found[language].encode()) > REPLY_TEXT_BYTES:
            raise DeskError(f"The text is longer than the {REPLY_TEXT_BYTES:,} bytes of an answer: shorten it.")
    return found


def _text(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language, texts["en"])


def _do(desk: Desk, status: Status, decision: _Decision, channels: Mapping[str, Channel]) -> None:
    case = decision.case
    if case is None:
        return
    if decision.language is not None:
        to = replies.readers(desk, case, channels)
        replies.write(desk, case, status, decision.text, to, desk.today)
        return
    desk.casebook.run("UPDATE cases SET status = ? WHERE id = ?", status, case.id)
    retention.on_status(desk, case, status)
    desk.record("status", case, status=status)


def _decide(casebook: Casebook, name: str, wish: Wish, texts: Mapping[str, str]) -> _Decision:
    try:
        case = cases.find(casebook, name)
    except DeskError:
        return _Decision(None, reason=_NO_CASE)
    if origins.source(casebook, case) is not None:
        if case.status == wish.status:
            return _Decision(None, reason="It has this status already, and no mailbox.")
        return _Decision(case)
    language = cases.messages(casebook, case)[0].report.language
    text = _text(texts, language)
    answers = cases.answers(casebook, case)
    last = answers[-1].reply if answers else None
    if last and case.status == last.status == wish.status and last.text == text:
        return _Decision(None, reason="Its reporter was told the same already.")
    return _Decision(case, language, text)
