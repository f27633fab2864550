"""A report on its way in: as its page sends it, and sends it again."""

import itertools
from dataclasses import dataclass

from portal.trial.reporter import Form, Page, Reporter, Upload

_numbers = itertools.count(1)


@dataclass
class Filing:
    """An open form that is filled in. A file of `size` bytes goes with it, if there is any."""

    reporter: Reporter
    form: Form
    text: str
    size: int = 0

    def send(self) -> Page:
        """Press the button; also once more."""
        values = {"narrative": self.text, "immediate_danger": "no", **({"country": "TH"} if self.size else {})}
        if not self.size:
            return self.reporter.send(self.form, values, multipart=False)
        upload = Upload("a.bin", "application/octet-stream", self.size, [b"\xa5" * self.size])
        return self.reporter.send(self.form, values, [("attachment", upload)])

    def is_kept_on(self, page: Page) -> bool:
        """Whether the page gives back the form with all that was typed, and with the same ticket."""
        kept = dict(page.form("narrative").fields)
        return kept["narrative"] == self.text and kept["ticket"] == dict(self.form.fields)["ticket"]


def filing(url: str, size: int = 0) -> Filing:
    """A visitor who has filled in a form, and chosen a file of `size` bytes."""
    reporter = Reporter(url)
    form = reporter.open(f"/en/report/{'travel' if size else 'other'}").form("narrative")
    return Filing(reporter, form, f"What happened, number {next(_numbers)}.", size)


def check_it_is_taken_now(given: Filing, page: Page | None = None) -> str:
    """The same form, sent again, gets its eight words, and the same ones each time."""
    words = [given.send() for _ in range(2)]
    assert [page.status for page in words] == [200, 200]
    assert words[0].texts["receipt"] == words[1].texts["receipt"]
    return words[0].texts["receipt"]
