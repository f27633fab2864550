"""The invented world: places, sites, accounts and people that do not exist.

Hosts end in .example, .test or .invalid, which nobody can own (RFC 2606). Onion addresses do not end in "d", as every
address of version 3 does, so no service can have one. Telephone numbers are those that regulators keep for fiction
(Ofcom 07700 900000 to 900999, Arcep 06 39 98 00 00 to 99 99).
"""

from dataclasses import dataclass
from random import Random
from typing import TypeVar

T = TypeVar("T")
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_ONION_CHARACTERS = 56

COUNTRIES = ("TH", "PT", "ES", "TR", "MA", "PH", "KH", "FR", "IT", "GR", "BE", "DE", "BR", "KE", "DO", "RO", "BG")
"""Countries to which residents of Luxembourg travel, so that a table has many rows; towns and hotels are invented."""
TOWNS = (
    *("Port Oltamar", "Santa Zorvela", "Ban Quillat", "Bad Ondersheim", "Cala Brivena", "Nova Altimira"),
    *("Kap Melora", "Villa Tresquil", "Saint-Ovrin", "Lagoa Vimeira-Norte", "Tarsanova", "Puerto Lindrel"),
)
PLACES = (
    *("Hotel Zorvela", "Pension Quillmar", "Hostal Bravenda", "Résidence Oltamar", "Casa Vimeluz", "Hotel Ondersee"),
    *("Bungalows Tarsan", "Auberge de l'Ovrin", "Brivena Beach Rooms", "Melora Inn", "Quinta do Lindrel"),
    *("Trattoria Altimira", "Bar Tresquil", "Camping Kap Melora", "Orphanage House of Oltamar", "Guesthouse Nimbra"),
)
INSTITUTIONS = (
    *("Sportveräin Quillbierg", "Colonie de vacances Oltamar", "Internat Ondersheim", "Club nautique Brivena"),
    *("Musekschoul Zorvel", "Casa de Acolhimento Vimeluz", "Fondation Tresquil", "Youth Choir of Melora"),
)
SERVICES = {
    "social_network": ("Bavardemo", "Fotodemo"),
    "game": ("Blockdemo", "Racedemo", "Farmdemo"),
    "messenger": ("Plauderdemo", "Kontaktdemo"),
    "video": ("Videmo",),
    "sms": ("SMS",),
    "email": ("Maildemo",),
    "other": ("Trainingsdemo",),
}
NICKNAMES = ("sunny_kai", "mr.lindrel", "coach_ovrin", "leo16_demo", "nightowl.demo", "pixelmax_demo", "demo_uncle_t")
FIRST_NAMES = ("Alex", "Chris", "Dominique", "Kim", "Andrea", "Robin", "Sascha", "Camille", "Jo", "Noa")
SURNAMES = ("Example", "Exemple", "Beispiel", "Exemplo", "Beispill", "Sample", "Muster", "Modelo")
APPEARANCES = (
    "about 1.80 m, grey hair, sunburnt, white linen shirt",
    "slim, glasses, a tattoo of an anchor on the left arm",
    "bald, heavy, red cap, always a camera around his neck",
    "dark beard, football shirt, speaks quietly",
)
LOOKS = (
    "shy, long hair, school uniform",
    "thin, blue T-shirt, no shoes",
    "well dressed, seemed tired",
    "laughed a lot",
)
NATIONALITIES = ("speaks French", "Luxembourgish", "speaks German", "Belgian, perhaps", "speaks English with an accent")
FLIGHTS = ("flight DX 0417", "coach of Demo Tours", "cruise ship MS Exempla", "flight DX 2230, Demo Air")


@dataclass(frozen=True)
class Site:
    """A website that is reported, often more than once."""

    host: str
    kind: str
    """A value of the question site_type."""
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Account:
    """An account of somebody who writes to children."""

    username: str
    service_type: str
    service: str
    profile: str


@dataclass(frozen=True)
class Stay:
    """A place in a town in a country, seen by one traveller or by several."""

    country: str
    town: str
    place: str
    place_type: str


class World:
    """What there is to report. A few things are reported again and again, most only once."""

    def __init__(self, random: Random, reports: int) -> None:
        many = max(8, reports // 5)
        self._random = random
        self._sites = [self._site(number) for number in range(many)]
        self._accounts = [self._account(number) for number in range(max(6, reports // 12))]
        self._stays = [self._stay() for _ in range(max(6, reports // 12))]

    def site(self) -> Site:
        return self._often(self._sites)

    def account(self) -> Account:
        return self._often(self._accounts)

    def stay(self) -> Stay:
        return self._often(self._stays)

    def plate(self) -> str:
        """A number plate in a form that no country uses."""
        return f"DEMO {self._random.randrange(1000, 9999)}"

    def name(self) -> str:
        return f"{self._random.choice(FIRST_NAMES)} {self._random.choice(SURNAMES)}"

    def email(self, name: str) -> str:
        return f"{name.lower().replace(' ', '.')}@mail.example"

    def phone(self) -> str:
        if self._random.random() < 0.5:
            return f"+44 7700 900{self._random.randrange(1000):03}"
        return f"+33 6 39 98 {self._random.randrange(100):02} {self._random.randrange(100):02}"

    def _often(self, known: list[T]) -> T:
        """One of `known`; the first far more often than the last."""
        return known[int(len(known) * self._random.random() ** 2.2)]

    def _site(self, number: int) -> Site:
        random = self._random
        kinds = ("website", "image_host", "forum", "file_host", "social_network", "messenger", "onion_service")
        (kind,) = random.choices(kinds, (30, 20, 12, 14, 6, 6, 12))
        if kind == "onion_service":
            letters = "".join(random.choices(_BASE32, k=_ONION_CHARACTERS - 1))
            host = f"{letters}q.onion"
        else:
            stem = kind.replace("_", "-")
            host = f"{stem}-{number + 1}.{random.choice(('example', 'test', 'invalid'))}"
        folders = ("gallery", "f", "album", "t", "download", "view", "channel")
        paths = tuple(f"/{random.choice(folders)}/{random.randrange(16**6):06x}" for _ in range(random.randint(1, 4)))
        return Site(host, kind, paths)

    def _account(self, number: int) -> Account:
        random = self._random
        (kind,) = random.choices(tuple(SERVICES), (28, 26, 24, 8, 5, 4, 5))
        service = random.choice(SERVICES[kind])
        username = f"{random.choice(NICKNAMES)}{number:02}"
        profile = "" if kind in ("sms", "email", "other") else f"https://{service.lower()}.example/u/{username}"
        return Account(username, kind, service, profile)

    def _stay(self) -> Stay:
        random = self._random
        country = self._often(list(COUNTRIES))
        place = random.choice(PLACES)
        return Stay(country, random.choice(TOWNS), place, _place_type(place))


def _place_type(place: str) -> str:
    for word, kind in (("Bar", "bar_club"), ("Trattoria", "bar_club"), ("Orphanage", "school_orphanage")):
        if word in place.split():
            return kind
    return "rental" if place.startswith(("Casa", "Bungalows", "Résidence", "Quinta")) else "hotel"
