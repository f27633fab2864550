"""What a form of each channel could have been filled in with. Every result passes `portal.channels.check_answers`."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

from portal.channels import Channel
from portal.desk.demo import world
from portal.desk.demo.world import World

Said = tuple[dict[str, Any], dict[str, str]]
"""Answers by question key, and the names that the narrative may speak of."""
_TRACKING = ("", "", "", "?utm_source=mail", "?fbclid=demo", "#top")
"""What the same address may end with when it is reported again."""


class Form:
    """One form being filled in on a day."""

    def __init__(self, random: Random, invented: World, channel: Channel, day: date) -> None:
        self.random = random
        self.world = invented
        self.day = day
        self._channel = channel
        self.answers: dict[str, Any] = {}
        self.names: dict[str, str] = {}

    def maybe(self, share: float, key: str, value: Any) -> None:
        """Answer a question in this share of the cases, if there is something to say."""
        if value not in ("", None, []) and self.random.random() < share:
            self.answers[key] = value

    def options(self, key: str) -> list[str]:
        """The values of a question of the channel, those of a block as `group.key`."""
        group, _, inner = key.rpartition(".")
        question = self._channel.question(group or inner)
        if question is not None and group:
            question = next(part for part in question.questions if part.key == inner)
        if question is None:
            raise KeyError(key)
        return [option.value for option in question.options]

    def one(self, key: str, *weights: int) -> str:
        """One of the values; `weights` in the order of the channel file."""
        values = self.options(key)
        return self.random.choices(values, weights or None)[0]

    def several(self, key: str, most: int, *, without: tuple[str, ...] = ()) -> list[str]:
        """At least one of the values, in the order of the channel file."""
        values = [value for value in self.options(key) if value not in without]
        chosen = self.random.sample(values, self.random.randint(1, min(most, len(values))))
        return [value for value in values if value in chosen]

    def date(self, back: int) -> dict[str, Any]:
        """A day at most `back` days before the report, known more or less well."""
        day = self.day - timedelta(days=self.random.randint(0, back))
        parts = {"year": day.year, "month": day.month, "day": day.day}
        precision = self.random.choices(("day", "month", "year", "unknown"), (55, 28, 10, 7))[0]
        kept = {"day": 3, "month": 2, "year": 1, "unknown": 0}[precision]
        return {"precision": precision, **dict(list(parts.items())[:kept])}


def invent(random: Random, invented: World, channel: Channel, day: date) -> Said:
    """Answers to a channel, as somebody could give them on a day, and the names of the story."""
    form = Form(random, invented, channel, day)
    _FILL[channel.key](form)
    return form.answers, form.names


def _travel(form: Form) -> None:
    random, stay = form.random, form.world.stay()
    form.names |= {"town": stay.town, "place": stay.place}
    form.answers |= {"immediate_danger": form.one("immediate_danger", 6, 60, 34), "country": stay.country}
    form.maybe(0.9, "signs", form.several("signs", 3))
    form.maybe(0.9, "city", stay.town)
    form.maybe(0.9, "place_type", stay.place_type)
    form.maybe(0.85, "place_name", stay.place)
    form.maybe(0.9, "date_from", form.date(60))
    form.maybe(0.6, "ongoing", form.one("ongoing", 3, 4, 3))
    form.maybe(0.8, "child", [_child(form) for _ in range(random.choice((1, 1, 1, 2)))])
    form.maybe(0.85, "suspect", [_suspect(form) for _ in range(random.choice((1, 1, 1, 2)))])
    _about_the_reporter(form, ("self", "parent"))


def _child(form: Form) -> dict[str, Any]:
    child: dict[str, Any] = {
        "age_band": form.one("child.age_band", 4, 30, 38, 16, 12),
        "sex": form.one("child.sex", 60, 34, 6),
    }
    if form.random.random() < 0.3:
        child["number"] = form.random.randint(1, 4)
    if form.random.random() < 0.6:
        child["description"] = form.random.choice(world.LOOKS)
    return child


def _suspect(form: Form) -> dict[str, Any]:
    random = form.random
    suspect: dict[str, Any] = {
        "role": form.one("suspect.role", 56, 14, 12, 10, 8),
        "sex": form.one("suspect.sex", 8, 84, 8),
        "age_band": form.one("suspect.age_band", 1, 10, 35, 38, 6, 10),
        "luxembourg_link": form.one("suspect.luxembourg_link", 14, 20, 22, 44),
    }
    for share, key, value in (
        (0.15, "name", random.choice(world.NICKNAMES)),
        (0.5, "nationality", random.choice(world.NATIONALITIES)),
        (0.7, "appearance", random.choice(world.APPEARANCES)),
        (0.25, "vehicle", form.world.plate()),
        (0.2, "flight", random.choice(world.FLIGHTS)),
    ):
        if random.random() < share:
            suspect[key] = value
    if random.random() < 0.2:
        home = form.day + timedelta(days=random.randint(1, 12))
        suspect["return_date"] = {"precision": "day", "year": home.year, "month": home.month, "day": home.day}
    return suspect


def _grooming(form: Form) -> None:
    account = form.world.account()
    form.names["service"] = account.service
    form.answers |= {
        "immediate_danger": form.one("immediate_danger", 5, 65, 30),
        "child_age_band": form.one("child_age_band", 2, 34, 46, 14, 4),
    }
    form.maybe(0.8, "child_country", form.random.choices(("LU", "FR", "BE", "DE", "PT"), (70, 10, 8, 8, 4))[0])
    form.maybe(0.9, "relation_to_child", form.one("relation_to_child", 44, 14, 14, 16, 6, 6))
    form.maybe(0.8, "child_safe_now", form.one("child_safe_now", 70, 4, 26))
    behaviours = form.several("behaviours", 4, without=("meeting_planned", "blackmail", "other"))
    urgent = {value for value in ("meeting_planned", "blackmail") if form.random.random() < 0.07}
    form.answers["behaviours"] = [v for v in form.options("behaviours") if v in behaviours or v in urgent]
    if "meeting_planned" in urgent:
        form.maybe(0.8, "meeting_details", form.random.choice(("Saturday, 3 pm, at the station", "next Wednesday")))
    form.maybe(0.7, "images_shared", form.one("images_shared", 14, 10, 6, 46, 24))
    form.maybe(0.95, "service_type", account.service_type)
    form.maybe(0.85, "service_name", account.service)
    said = {"username": account.username, **({"profile": account.profile} if account.profile else {})}
    form.maybe(0.8, "account", [said])
    form.maybe(0.5, "claimed_age", str(form.random.randint(14, 19)))
    form.maybe(0.6, "first_contact", form.date(120))
    form.maybe(0.6, "last_contact", form.date(10))
    form.maybe(0.6, "ongoing", form.one("ongoing", 5, 3, 2))
    _about_the_reporter(form, ("self",))


def _website(form: Form) -> None:
    random, site = form.random, form.world.site()
    scheme = "http" if site.host.endswith(".onion") else "https"
    paths = random.sample(site.paths, random.randint(1, len(site.paths)))
    form.answers |= {
        "urls": [f"{scheme}://{site.host}{path}{random.choice(_TRACKING)}" for path in paths],
        "immediate_danger": form.one("immediate_danger", 1, 74, 25),
    }
    form.maybe(0.3, "page_hint", random.choice(("second row, on the left", "in the comments", "third album")))
    form.maybe(0.9, "content_kind", form.several("content_kind", 2))
    form.maybe(0.92, "site_type", site.kind)
    form.maybe(0.8, "access", form.one("access", 60, 24, 8, 8))
    form.maybe(0.12, "poster", random.choice(world.NICKNAMES))
    form.maybe(0.8, "how_found", form.one("how_found", 48, 26, 14, 12))
    form.maybe(0.8, "seen_at", form.date(6))
    _about_the_reporter(form, ("self", "parent"), evidence=("photo", "messages"))


def _self(form: Form) -> None:
    form.maybe(0.8, "safe_now", form.one("safe_now", 60, 12, 28))


def _other(form: Form) -> None:
    random = form.random
    institution = random.choice(world.INSTITUTIONS)
    form.names["institution"] = institution
    form.answers |= {
        "immediate_danger": form.one("immediate_danger", 4, 56, 40),
        "subject": form.several("subject", 2),
    }
    form.maybe(0.6, "institution", institution)
    form.maybe(0.5, "child_age_band", form.one("child_age_band", 8, 34, 34, 14, 10))
    form.maybe(0.8, "country", random.choices(("LU", "FR", "BE", "DE"), (80, 8, 6, 6))[0])
    form.maybe(0.5, "place", random.choice(world.TOWNS))
    form.maybe(0.6, "date_from", form.date(700))
    form.maybe(0.6, "ongoing", form.one("ongoing", 5, 2, 3))
    _about_the_reporter(form, ("self",))


def _about_the_reporter(form: Form, never: tuple[str, ...], evidence: tuple[str, ...] = ()) -> None:
    """The sections that channels share: what was done so far, and who writes. `evidence` is not held here."""
    random = form.random
    told = ["nobody"] if random.random() < 0.7 else form.several("already_reported", 2, without=("nobody",))
    form.maybe(0.8, "already_reported", told)
    if told != ["nobody"]:
        form.maybe(0.4, "already_reported_reference", f"DEMO-{random.randrange(10_000):04}")
    held = ["none"] if random.random() < 0.55 else form.several("evidence_held", 2, without=("none", *evidence))
    form.maybe(0.85, "evidence_held", held)
    role = random.choice([value for value in form.options("reporter_role") if value not in never])
    form.maybe(0.85, "reporter_role", role)
    contact = form.one("contact", 52, 36, 12)
    form.answers["contact"] = contact
    if contact == "details":
        name = form.world.name()
        form.answers["contact_name"] = name
        form.maybe(0.8, "contact_email", form.world.email(name))
        form.maybe(0.5, "contact_phone", form.world.phone())
        form.maybe(0.75, "contact_consent", ["police"])


_FILL: Mapping[str, Callable[[Form], None]] = {
    "travel": _travel,
    "grooming": _grooming,
    "website": _website,
    "self": _self,
    "other": _other,
}
