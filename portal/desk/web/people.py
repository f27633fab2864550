"""Who works here, one's own passphrase, the desk's keys, and the paper copy.

Each of these needs the passphrase once more: the page may have been left open.
"""

from collections.abc import Callable

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import people, portals
from portal.desk.paper import making
from portal.desk.session import Desk
from portal.desk.web import places
from portal.desk.web.door import desk, door
from portal.desk.web.showing import page
from portal.errors import DeskError, WrongPassphrase

bp = Blueprint("people", __name__)
_DONE = {
    "let-in": "They can open this desk now, with their own name and passphrase.",
    "removed": "They cannot open this desk any more. The desk has new keys, which the portal needs: see below.",
    "passphrase": "Your passphrase is changed. Copies of the desk that were made before still open with the old one.",
    "rotated": "The desk has new keys, which the portal needs: see below. What was sealed to the old ones still opens.",
    "paper": "The paper copy is written. Print it, put it into a safe, and erase the file.",
}


@bp.get("/people")
def show(error: str = "", at: str = "", status: int = 200) -> Response:
    """Everybody, and what can be done."""
    with desk() as opened:
        listed = people.listed(opened)
        key, name = portals.words(opened.keyring.verify_key), opened.name
    return page(
        "people",
        status,
        listed=listed,
        others=[(person.name, person.name) for person in listed if person.name != door().person],
        fingerprint=key,
        desk=name,
        public=door().place.public,
        places=places.known(),
        error=error,
        at=at,
        done=_DONE.get(request.args.get("done", ""), ""),
        form=request.form,
    )


@bp.post("/people/let-in")
def let_in() -> AnyResponse:
    """A new person, with a passphrase of their own."""
    name = request.form.get("name", "").strip()
    return _act("let-in", lambda opened: people.let_in(opened, name, _new_passphrase()))


@bp.post("/people/removed")
def remove() -> AnyResponse:
    """Take somebody's access away; the desk gets new keys."""
    name = request.form.get("person", "")
    return _act("removed", lambda opened: people.remove(opened, name))


@bp.post("/people/passphrase")
def change_passphrase() -> AnyResponse:
    """A new passphrase for whoever is inside."""
    return _act("passphrase", lambda opened: people.change_passphrase(opened, _new_passphrase()))


@bp.post("/people/rotated")
def rotate() -> AnyResponse:
    """New keys for the desk."""
    return _act("rotated", people.rotate)


@bp.post("/people/paper")
def print_paper() -> AnyResponse:
    """The paper copy of whoever is inside."""
    return _act("paper", lambda opened: making.print_copy(opened, places.chosen(request.form)))


def _act(what: str, do: Callable[[Desk], object]) -> AnyResponse:
    try:
        door().check(request.form.get("passphrase", ""))
        with desk(writing=True) as opened:
            do(opened)
    except WrongPassphrase:
        return show("This is not your passphrase, and nothing was changed: type it once more.", what, 403)
    except DeskError as error:
        return show(str(error), what, 409)
    return redirect(f"/people?done={what}", 303)


def _new_passphrase() -> str:
    new = request.form.get("new-passphrase", "")
    if new != request.form.get("new-passphrase-again", ""):
        raise DeskError("The two new passphrases are not the same, and nothing was changed: type both once more.")
    return new
