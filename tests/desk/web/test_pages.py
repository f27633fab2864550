"""Every page: sound, complete, reached from the menu, and with a command for all that it does."""

import argparse

import pytest

from portal.desk.cli import _parser
from portal.desk.web import menu
from tests.desk.web import addresses
from tests.desk.web.filled import acts, urgent
from tests.desk.web.visiting import Opened, Visitor

BY_COMMAND = {
    "/add": "add",
    "/authorities": "authority",
    "/backups": "backup",
    "/backups/place": "backup-place",
    "/break/off": "settings",
    "/break/on": "settings",
    "/case/<name>/attachment/<int:number>/clean": "clean",
    "/case/<name>/attachment/<int:number>/extract": "extract",
    "/case/<name>/attachment/<int:number>/seal": "quarantine",
    "/case/<name>/hand-on": "assign",
    "/case/<name>/hold": "hold",
    "/case/<name>/merge": "merge",
    "/case/<name>/note": "note",
    "/case/<name>/refer": "refer",
    "/case/<name>/release": "release",
    "/case/<name>/reply": "reply",
    "/case/<name>/review": "review",
    "/case/<name>/tags": "tag",
    "/case/<name>/take": "assign",
    "/case/<name>/transfer": "transfer",
    "/case/<name>/unmerge": "unmerge",
    "/case/<name>/withdraw/<int:number>": "withdraw",
    "/handover": "handover",
    "/import": "import",
    "/pack": "pack",
    "/people/let-in": "add-person",
    "/people/paper": "paper",
    "/people/passphrase": "passphrase",
    "/people/removed": "remove-person",
    "/people/rotated": "rotate",
    "/person": "person",
    "/person/decide": "person",
    "/portals": "trust",
    "/purge/done": "purge",
    "/receive": "receive",
    "/search": "search",
    "/settings": "settings",
    "/several": "status",
    "/several/give": "assign",
    "/statistics": "stats",
    "/texts": "template",
    "/verify": "verify",
}
"""Every form of the page that does something, and the command that does the same."""
OF_THE_PAGE_ALONE = {
    *("/unlock", "/lock", "/close"),
    *("/break/seen", "/job/seen"),
    *("/case/<name>/reply/change", "/due/purge", "/purge"),
}
"""Forms that only lead on: the lock, what is put away, and looks before something is done."""
SHOWN = {
    "list": "/",
    "show": "/case/<name>",
    "links": "/case/<name>/merge",
    "notes": "/case/<name>/note",
    "people": "/people",
    "key": "/people",
    "log": "/verify",
    "retention": "/due",
}
"""Commands that show something, and the page that shows it."""
OF_THE_COMMAND_LINE_ALONE = {
    **{"init": "there is no desk yet", "demo": "there is no desk yet", "restore": "there is no desk yet"},
    **{"open": "it opens the page", "completions": "it is for a shell"},
    "backup-check": "it needs the key of the backups, which is not to lie on this machine",
    **{"paper-check": "whoever needs it cannot open the page", "recover": "whoever needs it cannot open the page"},
}


def rules(opened: Opened, method: str) -> set[str]:
    return {rule.rule for rule in opened.app.url_map.iter_rules() if method in (rule.methods or ())}


def every(name: str) -> list[str]:
    return [*addresses.ALONE, *addresses.of_case(name, attachment=1)]


def answered(visitor: Visitor) -> str:
    """The number of a case with an attachment and an answer that has not left."""
    name = urgent(visitor)
    form = visitor.get(f"/case/{name}/reply").form("/reply")
    visitor.follow(visitor.submit(form, {"status": "under-review", "text": "Thank you.", "step": "send"}))
    return name


def test_each_is_sound(filled: Visitor) -> None:
    for path in [*every(answered(filled)), f"/case/{urgent(filled)}/withdraw/1"]:
        page = filled.get(path)
        assert page.status == 200, path
        assert not page.problems, path
        ids = [element.attributes["id"] for element in page.elements if "id" in element.attributes]
        assert len(set(ids)) == len(ids), path
        assert len(list(page.find("h1"))) == 1, path
        assert not list(page.find("script")), path
        for element in page.elements:
            assert not any(name.startswith("on") or name == "style" for name in element.attributes), path
            for name in ("href", "src", "action", "formaction"):
                assert element.attributes.get(name, "/").startswith(("/", "#", "data:,")), path
        links = [link.attributes.get("aria-current") for link in page.find("a") if link.attributes.get("accesskey")]
        assert len([current for current in links if current in ("page", "true")]) == 1, f"{path}: where am I?"


def test_none_is_forgotten(filled: Visitor) -> None:
    adapter = filled.opened.app.url_map.bind("desk")
    walked = [*every(urgent(filled)), *addresses.of_case("2026-0001", answer=1)]
    found = {adapter.match(path.partition("?")[0], return_rule=True)[0].rule for path in walked}
    assert found | set(addresses.NOT_WALKED) == rules(filled.opened, "GET")


def test_reading_changes_nothing_but_who_has_looked(filled: Visitor) -> None:
    before = acts(filled.opened)
    for _ in range(2):
        for path in every(urgent(filled)):
            filled.get(path)
    assert acts(filled.opened) == [*before, "viewed", "viewed"], "the case, and its attachment"


def test_the_menu_leads_to_each(filled: Visitor) -> None:
    more = filled.get("/more")
    linked = {link.attributes["href"] for link in more.find("a")}
    beside = {"/several/give", "/texts?language=pt", "/?show=all&sort=newest&channel=website"}
    assert set(addresses.ALONE) - beside <= linked


@pytest.mark.parametrize(
    ("path", "section"),
    [
        *(("/", "/"), ("/case/2026-0001/reply", "/"), ("/search", "/search"), ("/authorities", "/referrals")),
        *(("/settings", "/more"), ("/several/give", "/more"), ("/purge/done", "/more"), ("/nothing", "")),
    ],
)
def test_where_a_page_belongs(path: str, section: str) -> None:
    assert menu.section(path) == section


def test_what_a_page_does_a_command_does(opened: Opened) -> None:
    (commands,) = (action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert rules(opened, "POST") == set(BY_COMMAND) | OF_THE_PAGE_ALONE
    assert set(SHOWN.values()) <= rules(opened, "GET")
    assert set(commands.choices) == set(BY_COMMAND.values()) | set(SHOWN) | set(OF_THE_COMMAND_LINE_ALONE)


def test_a_page_that_is_not_there(filled: Visitor) -> None:
    assert filled.get("/nothing").status == 404
    assert filled.get("/case/2020-0001").status == 404
