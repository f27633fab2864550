"""What a page makes a browser load."""

from tests.bench.visit import filling, loaded


def test_what_a_page_loads_is_found_and_what_it_links_to_is_not() -> None:
    page = b'<link rel="icon" href="data:,"><link rel="stylesheet" href="/a.css"><img alt="" src="/b.png"><a href="/c">'
    assert loaded(page) == [b"/a.css", b"/b.png"]


def test_filling_is_the_last_comment_and_the_pads() -> None:
    assert filling(b'<p>words</p><!-- a comment --><input name="pad" value="000"></html><!--    -->') == 3 + 11
    assert filling(b"<p>words</p>") == 0
