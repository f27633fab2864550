"""Pictures of the desk's page for the manual, made from a demonstration: python -m tests.desk.web.pictures FOLDER."""

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from portal.age import HybridIdentity
from tests.desk.web.windows import chromium_page

PASSPHRASE = "six words for the pictures only"
DESK = (sys.executable, "-m", "portal.desk.cli")
SIZE = (1180, 820)
"""Of a window, pixels."""
NARROW = (420, 820)
MOST_BYTES = 150_000
"""Of a picture, so that the manual stays small."""
COLOURS = 64


def main(folder: Path) -> None:
    """Make all pictures in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        root, file = Path(work) / "desk", Path(work) / "passphrase"
        file.write_text(PASSPHRASE + "\n")
        given = ("--passphrase-file", str(file))
        subprocess.run([*DESK, "demo", str(root), *given], check=True, stdout=subprocess.DEVNULL)
        key = ("--recipient", str(HybridIdentity.generate().recipient))
        words = ("authority", str(root), "add", "laboratory", "--title", "Police, laboratory", "--police", *key)
        subprocess.run([*DESK, *words, *given], check=True, stdout=subprocess.DEVNULL)
        command = [*DESK, "open", str(root), "--no-browser", *given]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process, chromium_page() as page:
            assert process.stdout is not None
            try:
                _take_all(page, process.stdout.readline().strip(), folder)
            finally:
                process.terminate()


def _take_all(page: Page, address: str, folder: Path) -> None:
    home = address.partition("/enter")[0]
    page.goto(address)
    _take(page, folder / "inbox.png")
    _take(page, folder / "inbox-narrow.png", NARROW)
    page.goto(home + "/?show=urgent")
    case = page.locator("main tbody a").first.get_attribute("href")
    for path, name in (
        (str(case), "case"),
        (f"{case}/reply", "answer"),
        (f"{case}/refer", "refer"),
        ("/import", "import"),
        ("/pack", "pack"),
        ("/statistics", "statistics"),
        ("/due", "due"),
        ("/verify", "check"),
        ("/backups", "backups"),
        ("/handover", "handover"),
        ("/people", "people"),
    ):
        page.goto(home + path)
        _take(page, folder / f"{name}.png")
    page.goto(home + "/search")
    page.get_by_label("Words, or the number of a case").fill("hotel")
    page.get_by_role("button", name="Search").click()
    _take(page, folder / "search.png")
    page.goto(home + _attachment(page, home))
    page.get_by_text("Seal it to an authority and erase it here").click()
    page.get_by_role("button", name="Seal it and erase it here").scroll_into_view_if_needed()
    _take(page, folder / "attachment.png")
    page.goto(home + "/")
    page.get_by_role("button", name="Lock").click()
    _take(page, folder / "locked.png")


def _attachment(page: Page, home: str) -> str:
    """The page of the first attachment that a case has."""
    page.goto(home + "/?show=all&channel=travel")
    for case in page.locator("main tbody th a").evaluate_all("all => all.map(a => a.getAttribute('href'))"):
        page.goto(home + case)
        found = page.locator("main article a[href*='/attachment/']")
        if found.count():
            return str(found.first.get_attribute("href"))
    raise LookupError("No case of the demonstration has an attachment.")


def _take(page: Page, path: Path, size: tuple[int, int] = SIZE) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    picture.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        sys.exit(f"{path} has more than {MOST_BYTES:,} bytes: show less in it.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
