"""What invented reporters write, and what they are answered: sentences put together."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from random import Random
from typing import Annotated

import msgspec

LANGUAGES = ("en", "fr", "de", "lb", "pt")
_Sentences = Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class Story(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The sentences of a channel, by their place in a text. `{name}` stands for something of the report's answers."""

    opening: _Sentences
    seen: _Sentences
    detail: _Sentences
    closing: _Sentences


class Messages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a reporter writes when coming back."""

    texts: _Sentences


class Answers(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a desk answers, by status."""

    under_review: str
    question: _Sentences
    forwarded_police: str
    forwarded_stopline: str
    forwarded_other: str
    outside_remit: str
    closed: str
    content_gone: str

    def text(self, status: str, random: Random) -> str:
        """An answer for a status of docs/format.md section 8."""
        if status == "question":
            return random.choice(self.question)
        return str(getattr(self, status.replace("-", "_")))


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sentences of one language."""

    travel: Story
    grooming: Story
    website: Story
    self: Story
    other: Story
    message: Messages
    answers: Answers


@cache
def texts(language: str) -> Texts:
    """The sentences in one of `LANGUAGES`."""
    file = resources.files(__package__).joinpath(f"{language}.toml")
    return msgspec.toml.decode(file.read_bytes(), type=Texts)


def narrative(random: Random, language: str, channel: str, names: Mapping[str, str]) -> str:
    """A text for a channel: two to five sentences, `names` filled in."""
    story: Story = getattr(texts(language), channel)
    sentences = [random.choice(story.opening), random.choice(story.seen)]
    sentences += random.sample(story.detail, random.choice((0, 1, 1, 2)))
    if random.random() < 0.7:
        sentences.append(random.choice(story.closing))
    return " ".join(sentences).format_map(names)
