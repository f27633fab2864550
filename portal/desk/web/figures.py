"""The figures of the desk: tables with charts, for itself or for the public."""

from urllib.parse import urlencode

from flask import Blueprint, Response, abort, current_app, request

from portal.desk import folder
from portal.desk.session import Desk
from portal.desk.statistics import Period, Table, files, spanning, tables
from portal.desk.statistics.labels import LANGUAGES, Labels
from portal.desk.statistics.layout import sections
from portal.desk.web import places
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.errors import DeskError

bp = Blueprint("figures", __name__)


def _counted(opened: Desk, chosen: dict[str, str]) -> tuple[Period, list[Table]]:
    today = opened.today.isoformat()[:7]
    period = spanning(opened.casebook, today, chosen["from"] or None, chosen["to"] or None)
    return period, tables(opened.casebook, period, bool(chosen["public"]), current_app.extensions["channels"])


def _chosen() -> dict[str, str]:
    return {key: request.values.get(key, "").strip() for key in ("from", "to", "public", "language")}


def _labels(chosen: dict[str, str]) -> Labels:
    language = chosen["language"] if chosen["language"] in LANGUAGES else "en"
    return Labels(language, current_app.extensions["channels"])


@bp.get("/statistics")
def show(error: str = "", done: str = "", status: int = 200) -> Response:
    """All tables, each with its chart."""
    from portal.desk.statistics import charts

    chosen, period, shown = _chosen(), None, []
    labels = _labels(chosen)
    try:
        with desk() as opened:
            period, counted = _counted(opened, chosen)
        shown = sections(counted, labels)
    except DeskError as problem:
        error = error or str(problem)
    return page(
        "statistics",
        status,
        chosen=chosen,
        period=period,
        labels=labels,
        sections=shown,
        drawn={section.table.name for section in shown if charts.is_drawn(section.table)},
        query=urlencode({key: value for key, value in chosen.items() if value}),
        places=places.known(),
        error=error,
        done=done,
    )


@bp.get("/statistics/chart/<name>.svg")
def chart(name: str) -> Response:
    """The chart of one table."""
    from portal.desk.statistics import charts

    chosen = _chosen()
    with desk() as opened:
        _, counted = _counted(opened, chosen)
    found = next((table for table in counted if table.name == name and charts.is_drawn(table)), None)
    if found is None:
        abort(404)
    return Response(charts.svg(found, _labels(chosen)), mimetype="image/svg+xml")


@bp.post("/statistics")
def write() -> Response:
    """Write them into a file."""
    from portal.desk.statistics import document

    chosen = _chosen()
    labels = _labels(chosen)
    try:
        out = places.chosen(request.form)
        with desk() as opened:
            period, counted = _counted(opened, chosen)
            about = document.About(opened.name, period, opened.today, bool(chosen["public"]))
        match request.form.get("kind"):
            case "csv":
                data = files.as_csv(counted, labels)
            case "json":
                data = files.as_json(counted).encode()
            case _:
                data = document.write(counted, about, labels)
        with folder.new_file(out) as file:
            file.write(data)
    except DeskError as error:
        return show(str(error), status=409)
    whole = "" if chosen["public"] else " They are complete, for the desk only."
    return show(done=f"The figures are in {out}.{whole}")
