"""The countries: those of ISO 3166-1 and Kosovo, named and sorted in the reader's language."""

import pytest
import pytz

from portal import countries

LANGUAGES = ["en", "fr", "de", "lb", "pt"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_countries_are_those_of_iso_3166_and_kosovo(language: str):
    # The list of the tz database is the ISO standard's own.
    assert {code for code, _ in countries.choices(language)} == {*pytz.country_names, "XK"}


@pytest.mark.parametrize("code", ["EU", "UN", "EZ", "QO", "ZZ", "XA", "XB", "001", "150", "419", "lu", "", "LUX", "AC"])
def test_what_is_no_country(code: str):
    assert not countries.is_country(code)


@pytest.mark.parametrize("code", ["LU", "XK", "TW", "PS", "RE"])
def test_what_is_one(code: str):
    assert countries.is_country(code)


@pytest.mark.parametrize(
    ("language", "in_order"),
    [
        ("en", ["Afghanistan", "Åland Islands", "Albania", "Côte d’Ivoire", "Croatia", "Turkey", "Zimbabwe"]),
        ("fr", ["Danemark", "Égypte", "Espagne", "États-Unis", "Fidji", "Île Norfolk", "Îles Åland", "Inde"]),
        ("de", ["Afghanistan", "Ägypten", "Albanien", "Oman", "Österreich", "Pakistan", "Südafrika", "Sudan"]),
    ],
)
def test_names_are_sorted_as_a_dictionary_sorts_them(language: str, in_order: list[str]):
    names = [name for _, name in countries.choices(language)]
    places = [names.index(name) for name in in_order if name in names]
    assert len(places) >= len(in_order) - 1
    assert places == sorted(places)


def test_hong_kong_is_found_under_its_own_name():
    assert [countries.name("HK", language) for language in ("en", "fr", "de")] == ["Hong Kong", "Hong Kong", "Hongkong"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_frequent_ones_are_among_them(language: str):
    frequent = countries.frequent(language)
    assert [code for code, _ in frequent] == list(countries.FREQUENT)
    assert set(frequent) <= set(countries.choices(language))


def test_portuguese_is_that_of_portugal():
    assert countries.name("VN", "pt") == "Vietname"


def test_a_name_of_no_country():
    with pytest.raises(KeyError):
        countries.name("ZZ", "en")


def test_the_lists_are_made_once():
    assert countries.choices("fr") is countries.choices("fr")
