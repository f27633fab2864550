"""The commands that write secrets or a bundle, and the two syncs of portal.files left out, which is caught."""

import pytest

from tests.proofs.power.commands import trial


@pytest.mark.e2e
class TestTrial:
    def test_nothing_is_lost(self) -> None:
        tried, wrong = trial(seed=1, one_in=8)
        assert wrong == []
        assert tried > 100

    def test_content_that_was_not_synced_is_caught(self) -> None:
        _, wrong = trial(("renew-session",), fault="content")
        assert "renew-session: session.secret is not whole" in wrong

    def test_names_that_were_not_synced_are_caught(self) -> None:
        _, wrong = trial(("export",), fault="names")
        assert "export: out is not kept" in wrong
