"""One report in each channel, with a canary in every text, and what of it must never be found on a portal's disk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

CANARY = "Kanarienvogel"
"""Stands in every text that is typed."""


@dataclass(frozen=True)
class Sample:
    """A report: its channel, who reads it, what is typed and ticked, and which answers must come out at the desk."""

    channel: str
    desks: Sequence[str]
    language: str
    values: Mapping[str, str | Sequence[str]]
    answers: Mapping[str, object]
    narrative: str
    urgent: bool = False
    attachments: Sequence[bytes] = field(default=())


PICTURE = (CANARY.encode() + b" picture ") * 200_000

SAMPLES = [
    Sample(
        "travel",
        ["police"],
        "en",
        {
            "immediate_danger": "yes",
            "narrative": f"{CANARY} “in the bar”\nand on the beach <b>&",
            "country": "TH",
            "city": f"{CANARY}-City",
            "signs": ["touching", "offering"],
            "date_from-day": "3",
            "date_from-month": "2",
            "date_from-year": "2026",
            "date_from-precision": "day",
            "suspect-1-name": f"{CANARY} Né",
            "child-2-sex": "female",
        },
        {
            "country": "TH",
            "signs": ["touching", "offering"],
            "date_from": {"precision": "day", "year": 2026, "month": 2, "day": 3},
            "suspect": [{"name": f"{CANARY} Né"}],
            "child": [{"sex": "female"}],
        },
        f"{CANARY} “in the bar”\nand on the beach <b>&",
        urgent=True,
        attachments=(PICTURE, CANARY.encode()),
    ),
    Sample(
        "grooming",
        ["police"],
        "fr",
        {
            "immediate_danger": "no",
            "narrative": f"{CANARY} : il l'a menacée",
            "child_age_band": "unknown",
            "behaviours": ["blackmail"],
            "account-1-username": f"{CANARY}_92",
        },
        {"behaviours": ["blackmail"], "account": [{"username": f"{CANARY}_92"}]},
        f"{CANARY} : il l'a menacée",
        urgent=True,
    ),
    Sample(
        "website",
        ["stopline"],
        "de",
        {"immediate_danger": "no", "urls": f"http://{CANARY}.example/a\nhttp://{CANARY}.onion/"},
        {"urls": [f"http://{CANARY}.example/a", f"http://{CANARY}.onion/"]},
        "",
    ),
    Sample(
        "self", ["police", "ecpat"], "fr", {"narrative": f"{CANARY}, c'est mon oncle"}, {}, f"{CANARY}, c'est mon oncle"
    ),
    Sample(
        "other",
        ["ecpat"],
        "de",
        {"immediate_danger": "unsure", "narrative": f"{CANARY} schaut weg"},
        {},
        f"{CANARY} schaut weg",
    ),
]
