"""The words that reporters read: the Terminology Guidelines, one form of address, and the texts that must be there."""

import re
from collections.abc import Iterator

import msgspec
import pytest

from portal import helplines
from portal.channels import LANGUAGES, Text, load

CHANNELS = load()
# Terminology Guidelines (Luxembourg Guidelines, second edition) and their French and German counterparts.
REFUSED = [
    r"child porn",
    r"pornograph",
    r"kinderporn",
    r"p[ée]doporn",
    r"child[- ]sex tour",
    r"sex(ual)? touris",
    r"tourisme sexuel",
    r"sextouris",
    r"child prostitut",
    r"prostitu",
    r"p(a|ä|é|e)doph?il",
    r"sextortion",
    r"revenge porn",
    r"kindersch(ä|a)nd",
    r"kinderhandel",
    r"sexting",
    r"sex worker",
]


def texts(value: object) -> Iterator[Text]:
    """Every text inside a structure."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, msgspec.Struct):
        for field in value.__struct_fields__:
            yield from texts(getattr(value, field))
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part)
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)


def sentences(channel: str, language: str) -> str:
    return "\n".join(text.text(language) for text in texts(CHANNELS[channel]))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", CHANNELS)
def test_no_text_uses_a_refused_term(channel: str, language: str):
    words = sentences(channel, language)
    assert [term for term in REFUSED if re.search(term, words, re.IGNORECASE)] == []


def test_the_refused_terms_would_be_found():
    examples = (
        "child pornography, child sex tourism, tourisme sexuel, pédopornographie, Kinderpornografie, Sextourismus"
    )
    assert all(any(re.search(term, word, re.IGNORECASE) for term in REFUSED) for word in examples.split(", "))


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_sentence_is_translated(channel: str):
    for text in texts(CHANNELS[channel]):
        if len(text.en) > 20:
            assert len({text.text(language) for language in LANGUAGES}) == len(LANGUAGES), text.en


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_child_is_addressed_as_one_and_an_adult_as_one(channel: str):
    formal = {"fr": r"\b(vous|votre|vos)\b", "de": r"\b(Sie|Ihnen|Ihren?|Ihr)\b"}
    familiar = {"fr": r"\b(tu|toi|ton|ta|tes|te|t')\b", "de": r"\b(du|dich|dir|deine?[nmr]?)\b"}
    for language, refused in (formal if channel == "self" else familiar).items():
        assert re.findall(refused, sentences(channel, language)) == []


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        (
            "travel",
            "Is a child in danger now? Call the police of the country you are in (112 in the EU). 113 works only in",
        ),
        ("travel", "Never send a picture or film that shows a child naked or being abused, not even as proof"),
        ("travel", "Do not question the child. Note what was said, in their words."),
        ("grooming", "Keep the messages. Do not answer, do not pose as the child."),
        ("grooming", "Do not pay, stop answering, do not delete the chat. takeitdown.ncmec.org can block the picture"),
        (
            "website",
            "Do not search for this material. Do not download, copy, photograph or forward it, not even to us.",
        ),
        ("website", "Report each address once. You need not be sure."),
        ("self", "It is not your fault. You are not in trouble. You decide what you tell us."),
        ("other", "If your profession obliges you to report, an anonymous report may not be enough."),
    ],
)
def test_what_has_to_be_said_is_said(channel: str, sentence: str):
    assert sentence in sentences(channel, "en")


@pytest.mark.parametrize("channel", ["travel", "grooming", "website", "other"])
def test_a_report_is_no_complaint(channel: str):
    assert "A report is not a complaint, and nobody is accused by it." in CHANNELS[channel].intro.en


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_help_line_that_a_channel_names_is_there(channel: str):
    lines = helplines.load()
    first = CHANNELS[channel].helplines
    assert first
    assert helplines.for_channel(lines, channel, first)[: len(first)] == [lines[key] for key in first]
