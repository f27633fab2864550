"""The process gets no more memory, or no more file descriptors: it says so, and serves again when it gets some."""

import http.client
import resource
import socket
from contextlib import ExitStack, closing
from http import HTTPStatus

import pytest

from portal.limits import MIB
from portal.trial.reporter import Reporter
from tests.baddays.conftest import PATIENCE, Strained
from tests.baddays.filing import check_it_is_taken_now, filing

BUSY = HTTPStatus.SERVICE_UNAVAILABLE


def test_without_memory_for_a_key_a_report_is_given_back(portal: Strained) -> None:
    given, before, said = filing(portal.url), portal.items(), len(portal.said())
    with portal.limited(resource.RLIMIT_AS, portal.address_space() + 32 * MIB):
        page = given.send()
        assert "There is no memory left to stretch a key, and visitors are asked to come again" in portal.said(said)
        assert page.status == BUSY
        assert page.headers["Retry-After"] == "60"
        assert "Many people are using the portal right now" in page.body.decode()
        assert given.is_kept_on(page)
        assert portal.items() == before
    check_it_is_taken_now(given)


def test_without_memory_for_a_key_the_eight_words_are_given_back(portal: Strained) -> None:
    words = check_it_is_taken_now(filing(portal.url))
    reporter = Reporter(portal.url)
    form = reporter.open("/en/mailbox").form("receipt")
    with portal.limited(resource.RLIMIT_AS, portal.address_space() + 32 * MIB):
        page = reporter.send(form, {"receipt": words})
        assert page.status == BUSY
        assert dict(page.form("receipt").fields)["receipt"] == words
    assert reporter.send(page.form("receipt"), {}).status == 200


def ask(portal: Strained) -> http.client.HTTPConnection:
    """Connect, and ask for a page."""
    connection = http.client.HTTPConnection(portal.url.removeprefix("http://"), timeout=PATIENCE)
    connection.request("GET", "/en/")
    return connection


def test_without_descriptors_an_idle_visitor_makes_room(portal: Strained) -> None:
    said = len(portal.said())
    with ExitStack() as stack:
        idle = [stack.enter_context(closing(ask(portal))) for _ in range(5)]
        assert {connection.getresponse().read()[:15] for connection in idle} == {b"<!doctype html>"}
        with portal.limited(resource.RLIMIT_NOFILE, portal.descriptors(visitors=5)):
            for _ in range(2):
                answer = stack.enter_context(closing(ask(portal))).getresponse()
                assert answer.status == 200
                assert len(answer.read()) > 60_000
    assert portal.said(said).count("No file descriptor is left for visitors: idle ones make room.") == 1


def test_without_descriptors_a_report_is_given_back(portal: Strained) -> None:
    given, before = filing(portal.url), portal.items()
    with closing(ask(portal)) as idle:
        idle.getresponse().read()
        with portal.limited(resource.RLIMIT_NOFILE, portal.descriptors(visitors=1)):
            page = given.send()
            assert page.status == BUSY
            assert given.is_kept_on(page)
            assert portal.items() == before
    check_it_is_taken_now(given)


def test_who_comes_while_there_is_no_descriptor_at_all_is_answered_later(portal: Strained) -> None:
    host, port = portal.url.removeprefix("http://").split(":")
    with ExitStack() as stack:
        with portal.limited(resource.RLIMIT_NOFILE, portal.descriptors()):
            waiting = stack.enter_context(socket.create_connection((host, int(port)), timeout=0.5))
            waiting.sendall(f"GET /en/ HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            with pytest.raises(TimeoutError):
                waiting.recv(1)
        waiting.settimeout(PATIENCE)
        assert waiting.recv(15) == b"HTTP/1.1 200 OK"
