"""The channel files: those that ship load, and what is wrong in one is said with file, key and reason."""

import time

import pytest

from portal import channels
from portal.channels import BUILT_IN, LANGUAGES, NARRATIVE, Channel, Question, load, wire_names
from portal.channels.loading import RESERVED
from portal.errors import ChannelError

CHANNELS = load()
SMALL = """
key = "small"
version = 1
desks = ["ecpat"]
title = { en = "T", fr = "T", de = "T" }
intro = { en = "I", fr = "I", de = "I" }
[[sections]]
key = "what"
title = { en = "W", fr = "W", de = "W" }
[[sections.questions]]
key = "narrative"
kind = "long"
label = { en = "N", fr = "N", de = "N" }
"""
LABEL = 'label = { en = "L", fr = "L", de = "L" }\n'
OPTIONS = 'options = [{ value = "a", label = { en = "A", fr = "A", de = "A" } }]\n'


def question(key: str, kind: str, more: str = "") -> str:
    return f'[[sections.questions]]\nkey = "{key}"\nkind = "{kind}"\n{LABEL}{more}'


def inner(key: str, kind: str, more: str = "") -> str:
    return f'[[sections.questions.questions]]\nkey = "{key}"\nkind = "{kind}"\n{LABEL}{more}'


def test_the_five_channels_ship_in_their_order():
    assert tuple(CHANNELS) == BUILT_IN == ("travel", "grooming", "website", "self", "other")


def test_each_channel_goes_to_its_desks():
    assert {key: channel.desks for key, channel in CHANNELS.items()} == {
        "travel": ("police",),
        "grooming": ("police",),
        "website": ("stopline",),
        "self": ("police", "ecpat"),
        "other": ("ecpat",),
    }


def test_only_what_the_police_read_takes_attachments_and_warns_first():
    for channel in CHANNELS.values():
        assert channel.attachments == (channel.desks == ("police",))
        assert (channel.attachment_warning is not None) == channel.attachments


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_its_words_in_every_language(channel: Channel, language: str):
    for one in all_questions(channel):
        assert one.label.text(language)
        assert all(option.label.text(language) for option in (*one.options, *one.parts))


def all_questions(channel: Channel) -> list[Question]:
    outer = list(channel.questions())
    return outer + [part for one in outer for part in one.questions]


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))
def test_no_two_form_fields_share_a_name(channel: Channel):
    names = [name for one in channel.questions() for name in wire_names(one)]
    assert len(set(names)) == len(names)
    assert RESERVED.isdisjoint(names)


@pytest.mark.parametrize(
    ("channel", "required"),
    [
        ("travel", {"immediate_danger", "narrative", "country"}),
        ("grooming", {"immediate_danger", "narrative", "child_age_band"}),
        ("website", {"immediate_danger", "urls"}),
        ("self", {"narrative"}),
        ("other", {"immediate_danger", "narrative"}),
    ],
)
def test_little_is_required(channel: str, required: set[str]):
    assert {one.key for one in all_questions(CHANNELS[channel]) if one.required} == required


def test_the_channel_of_a_child_asks_two_things():
    assert [one.key for one in CHANNELS["self"].questions()] == [NARRATIVE, "safe_now"]


def test_the_names_of_the_contract():
    names = {key: {n for one in channel.questions() for n in wire_names(one)} for key, channel in CHANNELS.items()}
    assert {"country", "suspect-1-name", "child-2-sex", "date_from-day", "date_from-precision"} <= names["travel"]
    assert {"account-1-username", "child_age_band", "first_contact-year"} <= names["grooming"]
    danger = CHANNELS["other"].question("immediate_danger")
    assert danger is not None
    assert [option.value for option in danger.options] == ["yes", "no", "unsure"]


def test_what_every_question_of_a_kind_shares_is_filled_in():
    for channel in CHANNELS.values():
        for one in all_questions(channel):
            values = [option.value for option in one.options]
            if one.kind == "yesno":
                assert values == ["yes", "no", "unknown"]
            if one.kind == "date":
                assert values == ["day", "month", "year", "unknown"]
                assert [part.value for part in one.parts] == ["day", "month", "year"]


def test_a_missing_language_is_shown_in_english():
    title = CHANNELS["self"].title
    assert title.text("lb") == title.text("en") == "It happened to me"
    assert title.text("text") == title.en


def test_all_five_load_within_50_ms():
    def seconds() -> float:
        begin = time.perf_counter()
        load()
        return time.perf_counter() - begin

    assert min(seconds() for _ in range(5)) < 0.050


def test_an_operators_folder_adds_and_replaces(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL, "utf-8")
    (tmp_path / "grooming.toml").write_text(SMALL.replace('"small"', '"grooming"'), "utf-8")
    loaded = load(tmp_path)
    assert list(loaded) == [*BUILT_IN, "small"]
    assert loaded["grooming"].title.en == "T"
    assert loaded["travel"] == CHANNELS["travel"]


def test_an_operators_channel_may_use_shared_sections(tmp_path):
    (tmp_path / "small.toml").write_text(SMALL + '[[sections]]\nuse = "you"\n', "utf-8")
    assert load(tmp_path)["small"].sections[1] == CHANNELS["other"].sections[-1]


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ChannelError, match="does not exist"):
        load(tmp_path / "nowhere")


WRONG = {
    "not TOML": (SMALL + "what = \n", "is not TOML", "line"),
    "no version": (SMALL.replace("version = 1\n", ""), "version", "missing"),
    "version 0": (SMALL.replace("version = 1", "version = 0"), "version", ">= 1"),
    "key of another file": (SMALL.replace('"small"', '"large"'), "key", "the file's name, small"),
    "key with capitals": (SMALL.replace('"small"', '"Small"'), "key", "regex"),
    "no desk": (SMALL.replace('["ecpat"]', "[]"), "desks", ">= 1"),
    "a desk twice": (SMALL.replace('["ecpat"]', '["ecpat", "ecpat"]'), "desks", "twice"),
    "text without German": (SMALL.replace('"W", de = "W"', '"W"'), "sections.what.title.de", "missing"),
    "empty text": (SMALL.replace('de = "T"', 'de = ""'), "title.de", ">= 1"),
    "unknown language": (SMALL.replace('de = "T"', 'de = "T", es = "T"'), "title.es", "nothing has this name"),
    "unknown kind": (SMALL + question("x", "map"), "sections.what.questions.x.kind", "map"),
    "unknown setting": (SMALL + question("x", "text", "size = 3"), "sections.what.questions.x.size", "name"),
    "no narrative": (SMALL.replace('"narrative"', '"story"'), "narrative", "every channel"),
    "short narrative": (SMALL.replace('"long"', '"text"'), "narrative", "kind long"),
    "no questions": (SMALL.split("[[sections.q")[0], "sections.what.questions", "missing"),
    "a section that is not shared": (SMALL + '[[sections]]\nuse = "yuo"', "sections.use", "no section 'yuo'"),
    "a shared section with more": (SMALL + '[[sections]]\nuse = "you"\nkey = "x"', "sections.use", "no other keys"),
    "a name twice": (SMALL + question("x", "text") * 2, "questions.x", "another form field"),
    "a name that dates make": (SMALL + question("ticket", "date"), "questions.ticket", "another form field"),
    "a choice without options": (SMALL + question("x", "choice"), "questions.x.options", "needs some"),
    "text with options": (SMALL + question("x", "text", OPTIONS), "questions.x.options", "none of its own"),
    "yes/no with options": (SMALL + question("x", "yesno", OPTIONS), "questions.x.options", "none of its own"),
    "a value twice": (
        SMALL + question("x", "choice", OPTIONS.replace("}]", "}, " + OPTIONS[11:-1])),
        "questions.x.options",
        "twice",
    ),
    "urgent without its option": (
        SMALL + question("x", "choice", OPTIONS + 'urgent = ["b"]'),
        "questions.x",
        "urgent",
    ),
    "default of a text": (SMALL + question("x", "text", 'default = "a"'), "questions.x", "default"),
    "advice without its option": (
        SMALL + question("x", "yesno", 'prompts.maybe = { en = "A", fr = "A", de = "A" }'),
        "questions.x",
        "prompts",
    ),
    "advice without German": (
        SMALL + question("x", "yesno", 'prompts.yes = { en = "A", fr = "A" }'),
        "questions.x.prompts.de",
        "missing",
    ),
    "minimum over maximum": (SMALL + question("x", "number", "minimum = 3\nmaximum = 2"), "x.minimum", "larger"),
    "101 lines": (SMALL + question("x", "urls", "lines = 101"), "questions.x.lines", "<= 100"),
    "a group without count": (SMALL + question("x", "group") + inner("y", "text"), "questions.x.questions", "count"),
    "a group without questions": (SMALL + question("x", "group", "count = 3"), "questions.x.questions", "count"),
    "text with questions": (SMALL + question("x", "text") + inner("y", "text"), "questions.x.questions", "group"),
    "required in a group": (
        SMALL + question("x", "group", "count = 3\n") + inner("y", "text", "required = true"),
        "questions.x.questions.y",
        "nothing required",
    ),
    "twice in a group": (
        SMALL + question("x", "group", "count = 3\n") + inner("y", "text") * 2,
        "questions.x.questions",
        "twice",
    ),
    "two lists of countries": (
        SMALL + question("x", "country") + question("y", "country"),
        "questions.y",
        "one list of countries",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_with_file_key_and_reason(name: str, tmp_path):
    content, key, reason = WRONG[name]
    (tmp_path / "small.toml").write_text(content, "utf-8")
    with pytest.raises(ChannelError) as caught:
        load(tmp_path)
    message = str(caught.value)
    assert message.startswith("The file small.toml is ")
    assert key in message
    assert reason in message
    assert message.endswith(".")
    assert "\n" not in message


def test_a_file_that_is_not_utf8(tmp_path):
    (tmp_path / "small.toml").write_bytes(SMALL.replace('"T"', '"é"').encode("latin-1"))
    with pytest.raises(ChannelError, match=r"small\.toml is not UTF-8"):
        load(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "small.toml").mkdir()
    with pytest.raises(ChannelError, match=r"small\.toml cannot be read"):
        load(tmp_path)


def test_the_list_of_public_names_is_complete():
    assert sorted(channels.__all__, key=lambda name: (not name.isupper(), name)) == channels.__all__
    assert all(hasattr(channels, name) for name in channels.__all__)
