"""referral.pdf, read by programs that are not ours."""

import re
import subprocess
import unicodedata
from pathlib import Path

import msgspec
import pypdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.channels import Channel
from portal.desk.referring import fonts, pdf
from portal.desk.referring.gathering import Terms, gather
from portal.desk.referring.model import Message, Referral
from portal.desk.referring.wording import LANGUAGES, words
from portal.desk.session import Desk
from tests.desk.referring.conftest import FILES, File, Refer

SCRIPTS = {
    "Greek": "Είδα έναν άνδρα με ένα παιδί",
    "Cyrillic": "Я видел мужчину с ребёнком",
    "Armenian": "Ես տեսա մի տղամարդու",
    "Georgian": "სასტუმროში ვნახე კაცი",
    "Ethiopic": "ሰው አየሁ",
    "Hebrew": "ראיתי אדם עם ילדה",
    "Arabic": "هذا رجل مع طفلة",
    "Persian": "یک مرد دیدم",
    "Devanagari": "मैंने होटल में एक आदमी को देखा",
    "Bengali": "আমি হোটেলে একজন লোককে দেখেছি",
    "Tamil": "நான் ஒரு மனிதனை பார்த்தேன்",
    "Thai": "ผมเห็นผู้ชายกับเด็กที่โรงแรม",
    "Chinese": "我在酒店看到一个男人和一个孩子",
    "Japanese": "ホテルで男と子供を見ました",
    "Korean": "호텔에서 남자와 아이를 보았습니다",
    "Vietnamese": "Tôi đã thấy một người đàn ông",
    "emoji": "😀🙏🏽👨‍👩‍👧🇱🇺❤️",
}
HOSTILE = [
    "#set page(fill: red)",
    '#link("http://evil.example")[x]',
    "$x^2$ *bold* _it_ `raw` = Heading",
    '#read("/etc/passwd")',
    "<b>HTML</b><script>alert(1)</script>",
    "}})]} \\",
]


def text_of(path: Path) -> str:
    """What poppler reads."""
    done = subprocess.run(["pdftotext", "-raw", path, "-"], capture_output=True, check=True)
    return done.stdout.decode()


def bare(text: str) -> str:
    """Letters alone: where a line breaks, and marks of direction, are the reader's own."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join(c for c in normal if not c.isspace() and unicodedata.category(c) not in ("Cf", "Mn"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_finds_all_of_it(file: File, referring: Refer, language: str) -> None:
    case = file("travel", "She looked scared.", files=FILES)
    _, out = referring(case, language=language, attachments="original")
    text = text_of(out / "referral.pdf")
    for expected in (case.name, "She looked scared.", "Pattaya", "A man", "grey hair", "attachments/02"):
        assert expected in text, expected
    for key in ("confidential", "narrative", "verify", "about_assessed", "message_report"):
        assert bare(words(language)(key)) in bare(text)
    assert {"en": "Thailand", "fr": "Thaïlande", "de": "Thailand"}[language] in text
    for content in FILES:
        assert f"{len(content):,}" in text
    assert "image/jpeg" in text
    assert "text/plain" in text


def test_every_script_is_set(file: File, referring: Refer) -> None:
    _, out = referring(file("self", "\n".join(SCRIPTS.values())))
    text = text_of(out / "referral.pdf")
    assert "<U+" not in text.replace("<U+202E>", "")
    for script, sentence in SCRIPTS.items():
        for word in sentence.split():
            assert bare(word) in bare(text), script


def test_a_letter_that_no_font_has_is_shown_as_its_code(file: File, referring: Refer) -> None:
    _, out = referring(file("self", "runes \u16a0, private \ue000, joined a\u0e31 and \u0e31\u0903, \U0001f995"))
    text = text_of(out / "referral.pdf")
    assert "runes <U+16A0>, private <U+E000>, joined" in text
    assert "a\u0e31" in text or "<U+0E31>" in text


def test_markup_of_a_reporter_is_text(file: File, referring: Refer) -> None:
    case = file("travel", "\n".join(HOSTILE), place_name=HOSTILE[0], name=HOSTILE[1], files=FILES)
    _, out = referring(case, live=True)
    text = bare(text_of(out / "referral.pdf"))
    for line in HOSTILE:
        assert bare(line) in text


def test_controls_are_shown_and_nothing_is_a_link(file: File, referring: Refer) -> None:
    _, out = referring(file("self", "\u202egpj.exe \x1b[31m \x00 http://bad.example/x www.bad.example"))
    text = text_of(out / "referral.pdf")
    shown = "<U+202E>gpj[.]exe <U+001B>[31m <U+0000> hxxp://bad[.]example/x www[.]bad[.]example"
    assert bare(shown) in bare(text)
    for page in pypdf.PdfReader(out / "referral.pdf").pages:
        assert not page.get("/Annots")


def test_addresses_are_live_only_when_asked(file: File, referring: Refer) -> None:
    case = file("website")
    for live, expected in ((False, "hxxp://bad[.]example/a"), (True, "http://bad.example/a")):
        _, out = referring(case, live=live)
        assert expected in text_of(out / "referral.pdf")


def test_long_texts_break_over_pages(file: File, referring: Refer) -> None:
    sentences = " ".join(f"Sentence{n} ends here." for n in range(700))
    narrative = f"{'a' * 900}\n{sentences}\n" + "\n" * 500 + "the end"
    _, out = referring(file("self", narrative[:24_000]))
    reader = pypdf.PdfReader(out / "referral.pdf")
    text = text_of(out / "referral.pdf")
    assert len(reader.pages) > 6
    assert "Sentence0 ends" in text
    assert "Sentence699 ends" in text
    assert text.replace("\n", "").count("a" * 900) == 1, "a word without an end stays on the page"
    assert f"Page 1 of {len(reader.pages)}" in text
    assert text.count("Confidential") == len(reader.pages)


def test_it_is_tagged_archivable_and_has_the_json(file: File, referring: Refer) -> None:
    _, out = referring(file("grooming"), language="fr")
    reader = pypdf.PdfReader(out / "referral.pdf")
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "fr"
    assert reader.metadata is not None
    assert reader.metadata.title == "Transmission du dossier 2026-0001"
    assert reader.attachments["referral.json"] == [(out / "referral.json").read_bytes()]
    xmp = root["/Metadata"].get_data().decode()
    assert re.search(r"<pdfuaid:part>1<", xmp)
    assert re.search(r"<pdfaid:part>3<", xmp)
    subprocess.run(["qpdf", "--check", out / "referral.pdf"], capture_output=True, check=True)
    assert all(font for page in reader.pages for font in _embedded(page)), "every font is in the file"


def _embedded(page: pypdf.PageObject) -> list[bool]:
    fonts_ = page["/Resources"]["/Font"].values()  # type: ignore[index]
    inner = [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts_]
    return [bool({"/FontFile2", "/FontFile3"} & set(font["/FontDescriptor"])) for font in inner]


def test_the_same_referral_gives_the_same_bytes(desk: Desk, file: File, channels: dict[str, Channel]) -> None:
    referral = gather(desk, file("travel"), 1, Terms(), [], channels).referral
    assert pdf.write(referral, b"{}", live=False) == pdf.write(referral, b"{}", live=False)


@pytest.fixture(scope="module")
def plain() -> Referral:
    said = Message(1, "report", "2026-11-25", "en", "self", 1, "0" * 64, {}, [], "", [], [])
    return Referral(
        *("portevoix/referral/1", "police", "2026-0001", 1, "2026-11-25", "default", None, "en", "self", "Title"),
        *("received", "received", "2026-11-25", False, "portal", [], [], [], "none", [], False, "key", "words", [said]),
        [],
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_any_text_can_be_set(plain: Referral, text: str) -> None:
    said = Message(1, "report", "2026-11-25", "xx", "self", 1, "0" * 64, {}, [], text, [text], [])
    referral = Referral(
        **{name: getattr(plain, name) for name in plain.__struct_fields__} | {"messages": [said], "keep_from": [text]}
    )
    assert pdf.write(referral, b"{}", live=True).startswith(b"%PDF-")


def test_flags_name_the_answer_that_raised_them(desk: Desk, file: File, referring: Refer) -> None:
    case = file("travel")
    desk.casebook.run(
        "INSERT OR IGNORE INTO flags (case_id, rule, channel, field, urgent) VALUES (?, ?, ?, ?, 1)",
        *(case.id, "danger-now", "travel", "immediate_danger"),
    )
    _, out = referring(case, language="fr")
    said = msgspec.json.decode((out / "referral.json").read_bytes(), type=Referral)
    (flag,) = [one for one in said.flags if one.rule == "danger-now"]
    assert (flag.label, flag.field, flag.urgent) == ("Danger immédiat", "immediate_danger", True)
    assert bare(f"{flag.label} (d'après la réponse à: {flag.question})") in bare(text_of(out / "referral.pdf"))


@pytest.mark.parametrize(
    ("text", "expected"), [("", False), ("123", False), ("abc שלום", False), ("123 שלום abc", True), ("مرحبا", True)]
)
def test_direction(text: str, expected: bool) -> None:
    assert fonts.is_right_to_left(text) == expected
