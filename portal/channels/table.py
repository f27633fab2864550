"""Every form field and value, made from the channel files: annex A of docs/format.md."""

from collections.abc import Iterator

from portal.channels.loading import load
from portal.channels.model import DATE_PARTS, NARRATIVE, Channel, Question

_HEAD = """\
## Annex A. Form fields and answers

### Kinds of questions

| kind | form fields | value in `answers` |
| --- | --- | --- |
| text | the key; one line | string without line breaks |
| long | the key; several lines | string; its only control characters are LF and TAB |
| choice, yesno | the key; one value | string, the value; yesno has `yes`, `no`, `unknown` |
| choices | the key, once for each value | list of values, in the order of the table |
| country | the key | string: an ISO 3166-1 alpha-2 code, `XK`, or `unknown` |
| date | `KEY-day`, `KEY-month`, `KEY-year`, `KEY-precision` | object, below |
| urls | the key; one a line | list of strings |
| number | the key | integer |
| group | `KEY-1-INNER`, `KEY-2-INNER`, … | list of objects by inner key; empty blocks are left out |

A question without an answer is left out of `answers`; an empty string, list or object never occurs. Strings have no
blanks at their ends. `narrative` is a form field like the others, but in report.json it stands beside `answers`. Where
the second block of a group was filled in and the first was not, it becomes the first.

A date is `{"precision": P}` with the integers `year`, `month`, `day` as far as the precision P goes: all three for
`day`, `year` and `month` for `month`, `year` alone for `year`, none for `unknown`. Years are from 1900 to 2199. The
form takes the parts that are filled in; `KEY-precision` may be empty, and a coarser one leaves the finer parts out.
`unknown` beside parts that are filled in is ignored.

`contact_consent` is one box to tick: its list has the value, or is left out. Only ticking it is consent.

A report is urgent when one of the values marked so was chosen.

### Fields that the portal adds

| field | meaning |
| --- | --- |
| `keep_from` | any number of the channel's desks: those that are not to read this |
| `attachment` | files, in channels with attachments |
| `ticket`, `csrf_token` | hidden; from the form page |
| `our-address` | hidden; our onion address as text, by which a gateway that rewrites it is seen |
| `pad` | hidden; of a random length, sent back as it is, so that what is sent says less by its size |
| `word` | on the page with the receipt: one of its eight words |
| `filed` | hidden, on the page with the receipt: the proof that a report was stored |
| `not_safe` | on the page with the receipt, in a form of its own: `1`, the words are not kept |

The mailbox (`/<lang>/mailbox`, `/<lang>/mailbox/message`, `/<lang>/mailbox/delete`) has `receipt` (the eight words),
`capsule` (hidden), `message` (the text of a follow-up), `about` (its channel) and `keep_from` (both only until a reply
says where follow-ups go), and `reply` (hidden; id of the answer to delete).

### Versions

Questions and values are added to a channel, never taken away or given another meaning, and with each addition its
version grows. So a newer channel file reads all older reports. A desk whose file is older than a report may meet an
answer that it does not know, and says so: it needs the newer file.
"""


def table() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *(line for channel in load().values() for line in _channel(channel))])


def _channel(channel: Channel) -> Iterator[str]:
    files = "with attachments" if channel.attachments else "no attachments"
    yield f"### {channel.key}\n"
    yield f"{channel.title.en}. Version {channel.version}, to {' and '.join(channel.desks)}, {files}.\n"
    yield "| field | kind | required | values | question |\n| --- | --- | --- | --- | --- |"
    for question in channel.questions():
        yield from _rows(question)
    yield ""


def _rows(question: Question, group: Question | None = None) -> Iterator[str]:
    name = f"{group.key}-N-{question.key}" if group else question.key
    if question.kind == "group":
        for inner in question.questions:
            yield from _rows(inner, question)
        return
    fields = f"`{name}`"
    if question.kind == "date":
        fields = ", ".join([f"`{name}-{DATE_PARTS[0]}`", *(f"`-{part}`" for part in (*DATE_PARTS[1:], "precision"))])
    required = "yes" if question.required else ""
    kind = question.kind + (" (beside `answers`)" if question.key == NARRATIVE else "")
    label = f"{group.label.en} N, 1 to {group.count}: {question.label.en}" if group else question.label.en
    yield f"| {fields} | {kind} | {required} | {_values(question)} | {label} |"


def _values(question: Question) -> str:
    match question.kind:
        case "urls":
            return f"1 to {question.lines} lines"
        case "number":
            return f"{question.minimum} to {question.maximum}"
        case "country":
            return "ISO 3166-1 code, `unknown`"
    values = [
        f"`{option.value}`" + (" (urgent)" if option.value in question.urgent else "") for option in question.options
    ]
    return ("precision: " if question.kind == "date" else "") + ", ".join(values)
