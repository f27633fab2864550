"""Makes the web application of an open desk: its blueprints, and what happens before and after every request."""

import logging
from collections.abc import Callable

from flask import Response, request

from portal.channels import load
from portal.desk.web import (
    adding,
    answering,
    attachments,
    backups,
    caring,
    case,
    entering,
    errors,
    exchange,
    figures,
    giving,
    guarding,
    handover,
    headers,
    inbox,
    jobs,
    keeping,
    linking,
    notices,
    organising,
    people,
    portals,
    proving,
    referring,
    requests,
    searching,
    settings,
    several,
    showing,
    texts,
    transferring,
)
from portal.desk.web.door import Door
from portal.desk.web.jobs import Jobs
from portal.desk.web.receiving import Request, sweep

BLUEPRINTS = (
    entering.bp,
    inbox.bp,
    searching.bp,
    handover.bp,
    case.bp,
    adding.bp,
    answering.bp,
    several.bp,
    giving.bp,
    attachments.bp,
    organising.bp,
    linking.bp,
    referring.bp,
    transferring.bp,
    exchange.bp,
    figures.bp,
    keeping.bp,
    proving.bp,
    requests.bp,
    backups.bp,
    settings.bp,
    texts.bp,
    people.bp,
    portals.bp,
    caring.bp,
    jobs.bp,
)


def create_app(door: Door, stop: Callable[[], None] = lambda: None) -> errors.Desk:
    """The WSGI application of a desk; `stop` ends its server."""
    app = errors.Desk(__name__, static_folder=None, template_folder=None)
    app.request_class = Request
    # An exception becomes a page in every mode, and an OPTIONS request a page as well.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    logging.getLogger(app.name).disabled = True
    reading = caring.Reading()
    door.at_lock.append(reading.store)
    app.extensions.update(
        desk=door, stop=stop, jobs=Jobs(), channels=load(), reading=reading, notices=notices.Notices()
    )
    sweep(door.place)
    showing.set_up(app)
    guarding.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    errors.register(app)
    policy = headers.content_security_policy(str(app.jinja_env.globals["style"]))

    @app.after_request
    def complete(response: Response) -> Response:
        response.headers.update(headers.FIXED)
        response.headers["Content-Security-Policy"] = policy
        if (
            request.method == "GET"
            and response.status_code == 200
            and not door.is_locked
            and b"<textarea" not in _text(response)
        ):
            headers.leave_when_idle(response)
        return response

    return app


def _text(response: Response) -> bytes:
    return b"" if response.direct_passthrough else response.get_data()
