"""Makes the web application of a site: its blueprints, and what happens before and after every request."""

import logging
import re
from datetime import date
from importlib import resources
from pathlib import Path

from flask import Response, request
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

import portal
from portal.helplines import Helpline
from portal.receipt import LIST_OF_LANGUAGE, word_list
from portal.state import SPOOL
from portal.web import gateway, headers, help, landing, languages, mailbox, pad, report, visitor
from portal.web.errors import GATEWAY, WRONG_HOST, Portal, error_page, register
from portal.web.forms import country_options, csrf_token
from portal.web.page import Page, fill
from portal.web.site import Site
from portal.web.uploads import SPOOL_FOLDER, Request


def create_app(site: Site) -> Portal:
    """The WSGI application of `site`."""
    app = Portal(__name__, static_folder=None, template_folder=None)
    app.request_class = Request
    app.config[SPOOL_FOLDER] = site.settings.state / SPOOL
    # An exception becomes a page in every mode, and an OPTIONS request a page as well.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # Without these two Werkzeug redirects to a tidier path; nothing here redirects.
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["portevoix"] = site
    # Flask's own lines carry times and paths; `portal.web.errors` writes ours.
    logging.getLogger(app.name).disabled = True
    languages.install(app, site.languages)
    _set_up_templates(app)
    _set_up_routes(app, site)
    register(app)
    return app


def warm_up(app: Portal) -> None:
    """Read now what is read once: templates, word lists, what is known of languages.

    So the first visitor does not wait for it, and a portal that has no file descriptor left still has its pages.
    """
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("portal/")):
        app.jinja_env.get_template(name)
    for language in app.config["LANGUAGES"]:
        word_list(LIST_OF_LANGUAGE[language])
        with app.test_request_context(f"/{language}/"):
            languages.long_date(date.min)
            country_options(language, "")
            error_page(413)


def templates() -> Path:
    """The folder of the page templates: of the installed package, or of the checkout."""
    try:
        return Path(str(resources.files("portal.templates")))
    except ModuleNotFoundError:
        return Path(portal.__file__).parent.parent / "templates"


def _set_up_templates(app: Portal) -> None:
    environment = app.jinja_env
    environment.loader = FileSystemLoader(templates())
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.globals.update(
        Markup=Markup,
        countries=country_options,
        csrf_token=csrf_token,
        oldest_check=_oldest_check,
        pad_field=pad.FIELD,
        style=Markup(_small(_style())),  # noqa: S704 - our own file
    )


def _set_up_routes(app: Portal, site: Site) -> None:
    prefix = f"/<any({','.join(site.languages)}):language>"
    app.add_url_rule("/", view_func=landing.show)
    for blueprint in (landing.bp, report.bp, mailbox.bp, help.bp):
        app.register_blueprint(blueprint, url_prefix=prefix)
    policy = headers.content_security_policy(_small(_style()))

    @app.url_value_preprocessor
    def drop_language(_: str | None, values: dict[str, str] | None) -> None:
        """The language is `languages.current()` for pages and errors alike; views do not take it."""
        if values:
            values.pop("language", None)

    @app.before_request
    def admit() -> Page | None:
        if not gateway.is_ours(request, site):
            return error_page(400, WRONG_HOST)
        if gateway.is_through_gateway(request) or (request.endpoint and gateway.is_mangled(request, site)):
            return error_page(403, GATEWAY)
        return None

    @app.after_request
    def complete(response: Response) -> Response:
        visitor.set_cookie(response)
        headers.set_headers(response, policy, site.clock())
        fill(response)
        return response


def _style() -> str:
    return (templates() / "portal" / "style.css").read_text("utf-8")


def _small(style: str) -> str:
    """The style sheet without the blanks that only its readers need."""
    return re.sub(r"\s*([{},;])\s*", r"\1", re.sub(r"\s+", " ", style)).strip()


def _oldest_check(lines: "list[Helpline]") -> str:
    """The day on which every one of these numbers was known to be right."""
    return languages.long_date(min(line.checked for line in lines))
