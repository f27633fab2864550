"""Who gets in, and what no request gets past."""

import base64
import hashlib
import re
from collections.abc import Iterator

import pytest

from portal.limits import DESK_IDLE_SECONDS
from tests.desk.conftest import PASSPHRASE
from tests.desk.web.visiting import HOST, PORT, Opened, Visitor

SECRET = "What nobody else may read"


def paths(opened: Opened, method: str) -> Iterator[str]:
    """Every path of the page that takes this method, with something in its place holders."""
    for rule in opened.app.url_map.iter_rules():
        if method in (rule.methods or ()):
            yield re.sub(r"<[^>]*?(\w+)>", lambda match: "1" if "number" in match[1] else "2026-0001", rule.rule)


class TestAddress:
    def test_a_token_is_good_once(self, opened: Opened) -> None:
        token = opened.door.new_token()
        first, second = Visitor(opened), Visitor(opened)
        assert first.get(f"/enter?token={token}").headers["Location"] == "/"
        assert "was used already" in second.get(f"/enter?token={token}").html
        assert first.get("/").status == 200
        assert second.get("/").status == 403

    @pytest.mark.parametrize("token", ["", "x", "é"])
    def test_a_wrong_token(self, opened: Opened, token: str) -> None:
        opened.door.new_token()
        assert Visitor(opened).get(f"/enter?token={token}").status == 403

    def test_before_the_first_token_nobody_gets_in(self, opened: Opened) -> None:
        assert Visitor(opened).get("/enter?token=").status == 403

    def test_the_next_address_is_announced_and_ends_the_session_before(self, opened: Opened) -> None:
        said: list[str] = []
        opened.door.announce = said.append
        first = Visitor(opened).enter()
        second = Visitor(opened)
        assert second.get(f"/enter?token={said[0]}").status == 303
        assert second.get("/").status == 200
        assert first.get("/").status == 403

    def test_cookie(self, opened: Opened) -> None:
        page = Visitor(opened).get(f"/enter?token={opened.door.new_token()}")
        name, *attributes = page.headers["Set-Cookie"].split("; ")
        assert name.startswith(f"desk-{PORT}=")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} == set(attributes)

    def test_no_other_page_sets_a_cookie(self, visitor: Visitor) -> None:
        for path in paths(visitor.opened, "GET"):
            if path != "/enter":
                assert "Set-Cookie" not in visitor.get(path).headers, path


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", f"[::1]:{PORT}"])
def test_another_host(visitor: Visitor, host: str) -> None:
    """A page of the internet whose name points at this machine sees nothing."""
    page = visitor.get("/", Host=host)
    assert page.status == 400
    assert "There is no desk at this address" in page.html
    assert visitor.get(f"/enter?token={visitor.opened.door.new_token()}", Host=host).status == 400


def test_localhost_is_this_machine(opened: Opened) -> None:
    assert Visitor(opened).get(f"/enter?token={opened.door.new_token()}", Host=f"localhost:{PORT}").status == 303


class TestForms:
    def test_every_form_needs_the_token_of_the_session(self, visitor: Visitor) -> None:
        found = list(paths(visitor.opened, "POST"))
        assert found
        for path in found:
            for values in ({}, {"csrf_token": "0" * 64}, {"csrf_token": "é"}):
                page = visitor.post(path, values)
                assert page.status == 403, path
                assert "did not come from a page of this desk" in page.html, path
        assert not visitor.opened.door.is_locked
        assert not visitor.opened.stopped

    def test_a_token_of_another_session(self, opened: Opened) -> None:
        Visitor(opened).enter()
        token = opened.door.csrf_token()
        assert Visitor(opened).enter().post("/lock", {"csrf_token": token}).status == 403

    def test_every_form_on_a_page_carries_it(self, visitor: Visitor) -> None:
        for path in ("/", "/import", "/pack"):
            for form in visitor.get(path).forms():
                if form.element.attributes.get("method") == "post":
                    assert form.values["csrf_token"] == visitor.opened.door.csrf_token()

    @pytest.mark.parametrize(
        "headers",
        [{"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}, {"Sec-Fetch-Site": "cross-site"}],
    )
    def test_a_form_from_elsewhere(self, visitor: Visitor, headers: dict[str, str]) -> None:
        page = visitor.post("/lock", {"csrf_token": visitor.opened.door.csrf_token()}, **headers)
        assert page.status == 403
        assert not visitor.opened.door.is_locked

    @pytest.mark.parametrize("origin", ["null", f"http://{HOST}"])
    def test_a_form_from_here(self, visitor: Visitor, origin: str) -> None:
        form = {"csrf_token": visitor.opened.door.csrf_token()}
        assert visitor.post("/lock", form, Origin=origin, **{"Sec-Fetch-Site": "same-origin"}).status == 303
        assert visitor.opened.door.is_locked

    def test_without_a_session_nothing_is_to_be_had(self, opened: Opened) -> None:
        stranger = Visitor(opened)
        stranger.cookie = "x"
        for method in ("GET", "POST"):
            for path in paths(opened, method):
                assert stranger.open(method, path, {}, {}).status == 403, path


class TestLock:
    def test_after_15_minutes_without_anybody(self, visitor: Visitor) -> None:
        visitor.opened.ticks.now += DESK_IDLE_SECONDS - 1
        assert visitor.get("/").status == 200
        visitor.opened.ticks.now += DESK_IDLE_SECONDS - 1
        assert visitor.get("/").status == 200
        visitor.opened.ticks.now += DESK_IDLE_SECONDS
        page = visitor.get("/")
        assert page.status == 403
        assert "The desk is locked" in page.html
        assert "Inbox" not in page.html

    def test_a_page_that_loads_itself_is_nobody(self, visitor: Visitor) -> None:
        for _ in range(4):
            visitor.opened.ticks.now += DESK_IDLE_SECONDS / 2
            visitor.get("/job")
        visitor.opened.door.lock_if_idle()
        assert visitor.opened.door.is_locked

    def test_a_page_left_alone_goes_to_the_lock(self, visitor: Visitor) -> None:
        seconds, _, target = visitor.get("/").headers["Refresh"].partition("; url=")
        visitor.opened.ticks.now += int(seconds)
        page = visitor.get(target)
        assert "The desk is locked" in page.html
        assert "Refresh" not in page.headers

    def test_while_somebody_is_there_that_page_goes_back(self, visitor: Visitor) -> None:
        assert visitor.get("/locked").headers["Location"] == "/"

    def test_nothing_of_the_desk_is_shown_while_locked(self, visitor: Visitor) -> None:
        visitor.opened.door.lock()
        for path in paths(visitor.opened, "GET"):
            if path not in ("/enter",):
                page = visitor.get(path)
                assert "The desk is locked" in page.html, path
                assert not list(page.find("nav")), path

    def test_unlocking_goes_on_where_it_was(self, visitor: Visitor) -> None:
        visitor.opened.door.lock()
        page = visitor.get("/import?x=1")
        answer = visitor.submit(page.form("/unlock"), {"passphrase": PASSPHRASE})
        assert (answer.status, answer.headers["Location"]) == (303, "/import?x=1")
        assert visitor.get("/import").status == 200

    def test_a_wrong_passphrase(self, visitor: Visitor) -> None:
        visitor.opened.door.lock()
        page = visitor.submit(visitor.get("/pack").form("/unlock"), {"passphrase": "wrong"})
        assert page.status == 403
        assert "does not open" in page.alerts
        assert "wrong" not in page.html.replace('class="wrong"', "").partition("</style>")[2]
        assert page.form("/unlock").values["target"] == "/pack"

    @pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "http://evil.example", "/a\r\nX: y", ""])
    def test_it_goes_nowhere_else(self, visitor: Visitor, target: str) -> None:
        visitor.opened.door.lock()
        form = visitor.get("/").form("/unlock")
        assert visitor.submit(form, {"passphrase": PASSPHRASE, "target": target}).headers["Location"] == "/"

    def test_what_was_typed_meanwhile_is_kept(self, visitor: Visitor) -> None:
        form = visitor.get("/import").form("/import")
        visitor.opened.door.lock()
        page = visitor.submit(form, {"path": '/a/"quoted" <b>path'})
        assert "What you typed is kept" in page.html
        page = visitor.submit(page.form("/unlock"), {"passphrase": "wrong"})
        page = visitor.submit(page.form("/unlock"), {"passphrase": PASSPHRASE})
        again = page.form("/import")
        assert again.values["path"] == '/a/"quoted" <b>path'
        assert PASSPHRASE not in page.html
        assert "There is no file" in visitor.submit(again).html

    def test_locking_on_demand(self, visitor: Visitor) -> None:
        page = visitor.follow(visitor.submit(visitor.get("/").form("/lock")))
        assert "The desk is locked" in page.html

    def test_closing(self, visitor: Visitor) -> None:
        visitor.opened.door.lock()
        page = visitor.submit(visitor.get("/").form("/close"))
        assert "The desk is closed" in page.html
        assert visitor.opened.stopped == 1


class TestHeaders:
    def test_on_every_answer(self, visitor: Visitor) -> None:
        pages = [visitor.get(path) for path in paths(visitor.opened, "GET")]
        pages += [visitor.get("/nothing"), visitor.get("/", Host="evil.example"), visitor.post("/lock", {})]
        pages += [visitor.open("OPTIONS", "/", {}), visitor.open("PUT", "/", {})]
        for page in pages:
            assert page.headers["Cache-Control"] == "no-store"
            assert page.headers["Referrer-Policy"] == "no-referrer"
            assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert page.headers["X-Frame-Options"] == "DENY"
            assert "Server" not in page.headers
            policy = page.headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; style-src 'sha256-")
            assert "frame-ancestors 'none'" in policy
            assert "script" not in policy

    def test_the_style_sheet_is_the_one_that_is_allowed(self, visitor: Visitor) -> None:
        page = visitor.get("/")
        (style,) = page.find("style")
        digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in page.headers["Content-Security-Policy"]

    def test_a_page_with_a_text_field_stays(self, visitor: Visitor) -> None:
        """What somebody types over a quarter of an hour is not taken away."""
        for path in paths(visitor.opened, "GET"):
            page = visitor.get(path)
            if any(page.find("textarea")):
                assert "Refresh" not in page.headers, path
