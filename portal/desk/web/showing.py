"""Pages out of templates: where these lie, and the filters with which reporters' words become inert."""

from datetime import date, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from babel.dates import format_date
from flask import Flask, Response, make_response, render_template
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

import portal
from portal.desk import console
from portal.desk.web import history, menu, notices, wording
from portal.desk.web.door import door
from portal.desk.web.forms import csrf_token


def templates() -> Path:
    """The folder of the page templates: of the installed package, or of the checkout."""
    try:
        return Path(str(resources.files("portal.templates")))
    except ModuleNotFoundError:
        return Path(portal.__file__).parent.parent / "templates"


def style() -> str:
    """The one style sheet."""
    return (templates() / "desk" / "style.css").read_text("utf-8")


def set_up(app: Flask) -> None:
    """Give `app` our templates."""
    environment = app.jinja_env
    environment.loader = FileSystemLoader(templates() / "desk")
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(csrf_token=csrf_token, door=door, style=Markup(style()))  # noqa: S704 - our own file
    environment.globals.update(wording=wording, menu=menu, just_done=notices.just_done)
    environment.filters.update(day=day, moment=moment, size=size, words=words, line=line, name=name)
    environment.filters.update(count=wording.count, told=history.told)


def page(template: str, status: int = 200, **context: Any) -> Response:
    """The page that `templates/desk/TEMPLATE.html` makes of `context`."""
    return make_response(render_template(f"{template}.html", **context), status)


def words(text: str) -> Markup:
    """What a reporter wrote, over several lines: nothing in it acts, hides, or can be clicked."""
    return Markup('<bdi dir="auto">{}</bdi>').format(console.reporters(text))


def line(text: str) -> Markup:
    """The same on one line."""
    return Markup('<bdi dir="auto">{}</bdi>').format(console.reporters_line(text))


def day(value: str | date) -> Markup:
    """A day as people write it."""
    text = value.isoformat() if isinstance(value, date) else value
    try:
        shown = format_date(date.fromisoformat(text), "d MMM y", "en")
    except ValueError:
        return escape(text)
    return Markup('<time datetime="{}">{}</time>').format(text, shown)


def name(text: str) -> Markup:
    """The name of a file as a reporter gave it, on one line: nobody clicks it, so that its dots may stay."""
    return Markup('<bdi dir="auto">{}</bdi>').format(console.line(text))


def moment(value: str) -> Markup:
    """A moment of the log, UTC, as people write it."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return escape(value)
    return Markup('<time datetime="{}">{} {}</time>').format(
        value, format_date(at, "d MMM y", "en"), at.strftime("%H:%M")
    )


def size(count: int) -> str:
    """So many bytes, in a unit that people read."""
    amount = float(count)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000 or unit == "MB":
            break
        amount /= 1000
    return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
