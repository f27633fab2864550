import hashlib
from typing import Annotated, Any

import msgspec
import pytest

from portal.desk import custody, preferences
from portal.desk.session import Desk
from portal.errors import DeskError

Days = Annotated[int, msgspec.Meta(ge=1, le=365)]


class Wait(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: Days = 3
    why: str = ""


@pytest.fixture
def wait(monkeypatch: pytest.MonkeyPatch) -> preferences.Setting:
    monkeypatch.setattr(preferences, "_DEFINED", {})
    return preferences.define("wait", Wait, Wait(), "How long.")


def test_a_default_holds_until_a_value_is_set(desk: Desk, wait: preferences.Setting) -> None:
    assert preferences.value(desk.casebook, wait) == Wait()
    assert not preferences.is_set(desk.casebook, "wait")
    preferences.put(desk, "wait", Wait(5, "é"))
    assert preferences.get(desk.casebook, "wait", Wait, Wait()) == Wait(5, "é")
    assert preferences.is_set(desk.casebook, "wait")
    assert desk.casebook.one("SELECT value FROM settings") == ('{"first":5,"why":"é"}',)
    preferences.reset(desk, "wait")
    assert preferences.value(desk.casebook, wait) == Wait()


def test_each_change_is_in_the_log(desk: Desk, wait: preferences.Setting) -> None:
    preferences.define("secret", str, "", "Names.", private=True)
    preferences.put(desk, "wait", Wait(5))
    preferences.put(desk, "secret", "Anne")
    preferences.reset(desk, "wait")
    said = [r.details for r in custody.records(desk.casebook) if r.entry.act == "settings-changed"]
    assert said == [
        {"key": "wait", "value": {"first": 5, "why": ""}},
        {"key": "secret", "sha256": hashlib.sha256(b'"Anne"').hexdigest()},
        {"key": "wait", "reset": True},
    ]


@pytest.mark.parametrize("value", [{"first": 0}, {"first": 366}, {"first": "3"}, {"other": 1}, [], None, 2**60])
def test_a_value_of_another_kind_is_refused(desk: Desk, wait: preferences.Setting, value: Any) -> None:
    with pytest.raises(DeskError, match="no value for the setting wait"):
        preferences.put(desk, "wait", value)
    assert not preferences.is_set(desk.casebook, "wait")


def test_what_another_version_stored_is_said(desk: Desk, wait: preferences.Setting) -> None:
    desk.casebook.run("INSERT INTO settings (key, value) VALUES ('wait', '{\"first\":0}')")
    with pytest.raises(DeskError, match="setting wait cannot be used"):
        preferences.value(desk.casebook, wait)


def test_values_as_people_write_them(wait: preferences.Setting) -> None:
    text = preferences.define("text", str, "", "A text.")
    assert preferences.parse(wait, '{"first": 9}\n') == Wait(9)
    assert preferences.parse(text, '"quoted"') == "quoted"
    assert preferences.parse(text, "City police\n") == "City police"
    with pytest.raises(DeskError, match=r'write JSON such as \{"first":3,"why":""\}'):
        preferences.parse(wait, "3 days")
    assert [setting.key for setting in preferences.defined()] == ["text", "wait"]
    with pytest.raises(DeskError, match="no such setting"):
        preferences.find("nothing")


def test_several_are_set_together_or_not_at_all(desk: Desk, wait: preferences.Setting) -> None:
    preferences.define("name", str, "", "A name.")
    with pytest.raises(DeskError, match="no value for the setting name"):
        preferences.put_all(desk, {"wait": Wait(5), "name": 7})
    assert not preferences.is_set(desk.casebook, "wait")
    preferences.put_all(desk, {"wait": Wait(5), "name": "Ana"})
    assert preferences.get(desk.casebook, "name", str, "") == "Ana"
    preferences.reset(desk, "wait", "name")
    assert not preferences.is_set(desk.casebook, "wait")
    assert not preferences.is_set(desk.casebook, "name")
