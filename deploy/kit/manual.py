"""The manual as pages that any browser opens from the disk, with its pictures beside them."""

import re
import shutil
from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

from deploy.kit.errors import KitError

PAGES = {"desk.md": "en", "desk.fr.md": "fr"}
"""The manual in each language, and the code of the language."""
_PICTURE = re.compile(r'<img src="(pictures/[\w-]+\.png)"')
_LINK = re.compile(r'<a href="([^"#]+)')
_STYLE = """
body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
img { max-width: 100%; border: 1px solid #999; }
table { border-collapse: collapse; } th, td { border: 1px solid #999; padding: .3rem .6rem; text-align: left; }
code { background: #eee; padding: .1rem .25rem; } pre { background: #eee; padding: .6rem; overflow-x: auto; }
@media print { body { font-size: 10pt; } }
"""


def write(docs: Path, folder: Path) -> None:
    """Write the pages into the new folder `folder`. Raises KitError if one leads out of the kit."""
    folder.mkdir()
    pages = {name: page((docs / name).read_text("utf-8"), language) for name, language in PAGES.items()}
    for name, text in pages.items():
        html = name.replace(".md", ".html")
        for other in PAGES:
            text = text.replace(f'href="{other}', f'href="{other.replace(".md", ".html")}')
        for linked in _LINK.findall(text):
            if linked.replace(".html", ".md") not in PAGES:
                raise KitError(f"docs/{name} links to {linked}, which is not in the kit: leave the link out.")
        for picture in set(_PICTURE.findall(text)):
            (folder / picture).parent.mkdir(exist_ok=True)
            shutil.copyfile(docs / picture, folder / picture)
        (folder / html).write_text(text, "utf-8")


def page(text: str, language: str) -> str:
    """A whole page of HTML from Markdown; its title is the first heading."""
    title = text.partition("\n")[0].removeprefix("# ")
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    for level, heading in re.findall(r"<h([23])>(.*?)</h\1>", body):
        body = body.replace(f"<h{level}>{heading}</h{level}>", f'<h{level} id="{anchor(heading)}">{heading}</h{level}>')
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    head = f"<head>{head}<style>{_STYLE}</style></head>"
    return f'<!doctype html>\n<html lang="{language}">{head}\n<body>\n{body}</body></html>\n'


def anchor(heading: str) -> str:
    """What a link within the page calls a heading: as code hosts do it."""
    plain = re.sub(r"<[^>]+>|&\w+;", "", heading).lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
