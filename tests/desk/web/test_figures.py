"""The figures on the page, and in files."""

from pathlib import Path

import pytest

from tests.desk.web.visiting import Visitor


class TestFigures:
    def test_tables_and_charts(self, filled: Visitor) -> None:
        page = filled.get("/statistics")
        sources = [image.attributes["src"] for image in page.find("img")]
        assert sources
        for source in sources:
            chart = filled.get(source.replace("&amp;", "&"))
            assert chart.headers["Content-Type"].startswith("image/svg+xml")
            assert chart.html.startswith("<?xml")
        assert filled.get("/statistics/chart/nonsense.svg").status == 404

    @pytest.mark.parametrize(("kind", "start"), [("csv", b"\xef\xbb\xbftable"), ("json", b"["), ("pdf", b"%PDF")])
    def test_into_a_file(self, filled: Visitor, tmp_path: Path, kind: str, start: bytes) -> None:
        form = filled.get("/statistics").form("/statistics", "kind")
        page = filled.submit(form, {"kind": kind, "other-folder": str(tmp_path), "file": "out"})
        assert "complete, for the desk only" in page.successes
        assert (
            (tmp_path / "out")
            .read_bytes()
            .removeprefix(b"\xef\xbb\xbf")
            .startswith(start.removeprefix(b"\xef\xbb\xbf"))
        )

    def test_no_month(self, filled: Visitor) -> None:
        page = filled.get("/statistics?from=2026-13")
        assert page.alerts
