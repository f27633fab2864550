"""From a posted form to what is filed: cleaned, read by its channel, counted, and each problem put into words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from babel.numbers import format_decimal
from werkzeug.datastructures import MultiDict

from portal.channels import NARRATIVE, Channel, Form, Problem, Question, describe, read_form, wire_names
from portal.limits import TYPED_BYTES
from portal.report import Attachment, Draft, as_text, clean_text
from portal.web.forms import FieldError
from portal.web.languages import current, gettext, ngettext
from portal.web.site import current_site, desk_name, in_language

_TYPED_KINDS = ("text", "long", "urls")


@dataclass(frozen=True)
class Posted:
    """A form of a channel as it was read, and what is wrong with it, in the order of the page."""

    form: Form
    keep_from: list[str]
    errors: list[FieldError]


def read(channel: Channel, desks: Sequence[str], typed: MultiDict[str, str], language: str) -> Posted:
    """Read the form of `channel`; `desks` are those that a reporter may keep it from."""
    names = [name for question in channel.questions() for name in wire_names(question)]
    order = {name: place for place, name in enumerate(names)}
    fields = {name: [clean_text(value) for value in values] for name, values in typed.lists() if name in order}
    form = read_form(channel, fields)
    errors = [_worded(problem, language) for problem in form.problems]
    total = sum(len(fields[name][0].encode()) for name in _typed_names(channel.questions()) if name in fields)
    if total > TYPED_BYTES:
        label = next(question.label for question in channel.questions() if question.key == NARRATIVE)
        errors.append(FieldError(NARRATIVE, label.text(language), too_long(total)))
    errors.sort(key=lambda error: order[error.field])
    chosen = typed.getlist("keep_from")
    if not set(chosen) <= set(desks):
        errors.append(FieldError("keep_from", gettext("Who reads this"), gettext("This answer is not offered here.")))
    return Posted(form, sorted(set(chosen) & set(desks)), errors)


def too_long(total: int) -> str:
    """What to do about `total` bytes of text."""
    over = total - TYPED_BYTES
    return ngettext(
        "All text together is one byte longer than the %(limit)s bytes that fit into one report. Shorten it by that "
        "much; you can send the rest as a message once you have the eight words.",
        "All text together is %(over)s bytes longer than the %(limit)s bytes that fit into one report. Shorten it by "
        "that much; you can send the rest as a message once you have the eight words.",
        over,
        over=format_decimal(over, locale=current()),
        limit=format_decimal(TYPED_BYTES, locale=current()),
    )


def too_long_to_seal(field: str) -> FieldError:
    """For a text that is within the limit and still does not fit: it is little but line breaks or quotation marks."""
    return FieldError(field, gettext("The text"), gettext("It is too long to be sealed as it is. Shorten it."))


def nobody_reads() -> FieldError:
    """For a report that is kept from everybody."""
    bodies = in_language(current_site().settings.independent_bodies, current())
    message = gettext("Nobody is left to read it. Untick one, or turn to %(bodies)s.", bodies=bodies)
    return FieldError("keep_from", gettext("Who reads this"), message)


def draft(channel: Channel, posted: Posted, attachments: Sequence[Attachment], language: str) -> Draft:
    """The report that was filed, before it has an id."""
    return Draft(
        kind="report",
        channel=channel.key,
        version=channel.version,
        language=language,
        answers=posted.form.answers,
        narrative=posted.form.narrative,
        keep_from=posted.keep_from,
        attachments=list(attachments),
    )


def report_text(channel: Channel, report: Draft) -> str:
    """report.txt: the report for a person to read, in the reporter's language."""
    language = report.language
    lines = describe(channel, report.answers, language)
    label = next(question.label for question in channel.questions() if question.key == NARRATIVE)
    if report.narrative:
        lines.insert(0, (label.text(language), report.narrative))
    lines += kept_from(report.keep_from, language)
    return as_text(channel.title.text(language), lines, report.attachments)


def kept_from(desks: Sequence[str], language: str) -> list[tuple[str, str]]:
    """The line of report.txt that names the desks that were kept out; none if there are none."""
    names = ", ".join(desk_name(desk, language) for desk in desks)
    return [(gettext("Is somebody involved who works at one of these places?"), names)] if desks else []


def _typed_names(questions: Iterable[Question], block: str = "") -> Iterator[str]:
    """The names of the fields that hold free text."""
    for question in questions:
        if question.kind in _TYPED_KINDS:
            yield block + question.key
        for number in range(1, question.count + 1):
            yield from _typed_names(question.questions, f"{block}{question.key}-{number}-")


def _worded(problem: Problem, language: str) -> FieldError:
    return FieldError(problem.field, problem.question.label.text(language), _message(problem))


def _message(problem: Problem) -> str:
    question = problem.question
    match problem.reason:
        case "required":
            return _required(question)
        case "option":
            return gettext("This answer is not offered here. Choose one of the list.")
        case "country":
            return gettext("Choose a country from the list, or “I don't know”.")
        case "date":
            return gettext("There is no such day. Write day, month and year in digits, or only what you know.")
        case "year":
            return gettext("Add the year, or leave the whole date empty.")
        case "lines":
            return gettext("These are more than %(num)d lines. Send the rest in a second report.", num=question.lines)
        case "number":
            least, most = question.minimum, question.maximum
            return gettext("Write a whole number from %(least)d to %(most)d, in digits.", least=least, most=most)


def _required(question: Question) -> str:
    match question.kind:
        case "choice" | "yesno" | "choices":
            return gettext("Choose an answer; “I don't know” counts as well where it is offered.")
        case "country":
            return gettext("Choose a country from the list, or “I don't know”.")
        case "urls":
            return gettext("Write at least one address, or where you saw it.")
        case "date":
            return gettext("Write the date as far as you know it, or choose “I don't know”.")
    return gettext("Write something here; a few words are enough.")
