"""Runs the page from its opening to its end."""

import webbrowser
from typing import Protocol

from portal.desk.folder import Folder
from portal.desk.web.app import create_app
from portal.desk.web.door import Door
from portal.desk.web.serving import HOST, Server, bind, quiet, stop_on_signals


class Say(Protocol):
    """Tells the person at the terminal something."""

    def __call__(self, text: str, /, *, is_address: bool) -> None: ...


def run(place: Folder, person: str, passphrase: str | None, port: int, *, browse: bool, say: Say) -> None:
    """Serve the desk in `place` until somebody closes it; without a passphrase the page asks for it.

    Raises WrongPassphrase or DeskError if it cannot be opened or served.
    """
    door = Door(place)
    if passphrase is None:
        door.expect(person)
    else:
        door.unlock(person, passphrase)
    with bind(port) as bound:
        server = Server(door, bound)
        quiet()
        stop_on_signals(server)
        application = create_app(door, server.stop)
        say("The desk is open on this machine alone. Its address, for one browser, once:", is_address=False)
        address = f"http://{HOST}:{server.port}/enter?token="
        say(address + door.new_token(), is_address=True)
        door.announce = lambda token: say(f"Opened. For another browser: {address}{token}", is_address=False)
        say("It locks itself after 15 minutes without anybody. Ctrl-C closes it.", is_address=False)
        if browse:
            webbrowser.open(address + door.token)
        server.serve(application)
    say("The desk is closed.", is_address=False)
