"""A real Firefox ESR as a reporter has it: no JavaScript, everything through a SOCKS proxy with remote DNS."""

import base64
import contextlib
import gc
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType

import pytest

with warnings.catch_warnings():
    # The driver's own use of what Python deprecates.
    warnings.simplefilter("ignore", DeprecationWarning)
    from marionette_driver.by import By
    from marionette_driver.errors import NoSuchElementException, TimeoutException, UnknownException
    from marionette_driver.marionette import Marionette, WebElement
    from mozprofile.profile import BaseProfile

# It would remove the profile once more while Python ends, and fail; `close` removes it.
del BaseProfile.__del__

PREFERENCES = {
    "javascript.enabled": False,
    "svg.disabled": True,
    "gfx.downloadable_fonts.enabled": False,
    "mathml.disabled": True,
    "browser.cache.disk.enable": False,
    # A person presses "Resend"; no dialog is driven here.
    "dom.confirm_repost.testing.always_accept": True,
    "network.proxy.socks_remote_dns": True,
    "network.dns.blockDotOnion": False,
    "network.http.referer.hideOnionSource": True,
    "dom.security.https_only_mode": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "services.settings.server": "",
    "browser.region.network.url": "",
}


class Browser:
    """One Firefox with a fresh profile. `socks` is the port of a SOCKS proxy on loopback."""

    def __init__(
        self, socks: int | None = None, timeout: float = 120, preferences: Mapping[str, object] = PREFERENCES
    ) -> None:
        binary = shutil.which("firefox-esr")
        if binary is None:
            pytest.fail("Firefox is missing: apt-get install firefox-esr", pytrace=False)
        proxy = {"network.proxy.type": 0} if socks is None else _proxy(socks)
        self._folder = tempfile.TemporaryDirectory(prefix="portevoix-firefox-")
        with _driver_warnings():
            self._driver = Marionette(
                bin=binary,
                headless=True,
                prefs=dict(preferences) | proxy,
                gecko_log=str(Path(self._folder.name) / "log"),
                port=0,
            )
            self._driver.start_session()
        self._driver.timeout.page_load = timeout
        self._driver.timeout.implicit = 0

    def __enter__(self) -> "Browser":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the browser and forget its profile."""
        with _driver_warnings():
            self._driver.quit()
            self._driver.cleanup()
            self._folder.cleanup()
            gc.collect()

    @property
    def driver(self) -> Marionette:
        """The driver itself, for keys and scripts of its own."""
        return self._driver

    def open(self, url: str) -> None:
        self._driver.navigate(url)

    def reload(self) -> None:
        """As the reload button does, a repeated POST included."""
        self._driver.refresh()

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """The browser may end on a page of its own that says that the site cannot be reached."""
        with contextlib.suppress(UnknownException, TimeoutException):
            yield

    def back(self) -> None:
        self._driver.go_back()

    @property
    def source(self) -> str:
        return str(self._driver.page_source)

    @property
    def title(self) -> str:
        return str(self._driver.title)

    def wait(self, selector: str, seconds: float = 120) -> WebElement:
        """The element, once it is there: an upload outlasts what the driver takes for the beginning of an answer."""
        deadline = time.monotonic() + seconds
        while not self.all(selector) and time.monotonic() < deadline:
            time.sleep(0.05)
        return self.find(selector)

    def find(self, selector: str) -> WebElement:
        """The one element; the page is shown if it is not there."""
        try:
            return self._driver.find_element(By.CSS_SELECTOR, selector)
        except NoSuchElementException:
            raise AssertionError(f"{selector} is not on the page:\n{self.text('body')[:3000]}") from None

    def all(self, selector: str) -> list[WebElement]:
        return list(self._driver.find_elements(By.CSS_SELECTOR, selector))

    def text(self, selector: str) -> str:
        return str(self.find(selector).text)

    def value(self, selector: str) -> str:
        return str(self.find(selector).get_property("value"))

    def type(self, name: str, text: str) -> None:
        """Type into the field called `name`; its block is opened first."""
        element = self._field(f'[name="{name}"]')
        if element.tag_name != "select" and element.get_attribute("type") != "file":
            element.clear()
        element.send_keys(text)

    def tick(self, name: str, value: str) -> None:
        """Tick a box or choose one of several."""
        element = self._field(f'[name="{name}"][value="{value}"]')
        if not element.is_selected():
            element.click()

    def choose(self, name: str, value: str) -> None:
        """Choose an entry of a list by its value."""
        self._field(f'select[name="{name}"] option[value="{value}"]').click()

    def press(self, selector: str) -> None:
        """Press a button or follow a link, and wait for the page that comes."""
        self.find(selector).click()

    def _field(self, selector: str) -> WebElement:
        element = self.find(selector)
        for details in self.all("details:not([open])"):
            if details.find_elements(By.CSS_SELECTOR, selector):
                details.find_element(By.TAG_NAME, "summary").click()
        return element

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._driver.screenshot()))


@contextlib.contextmanager
def _driver_warnings() -> Iterator[None]:
    """The driver leaves sockets and files to the garbage collector; that is its affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _proxy(port: int) -> dict[str, object]:
    return {
        "network.proxy.type": 1,
        "network.proxy.socks": "127.0.0.1",
        "network.proxy.socks_port": port,
        "network.proxy.socks_version": 5,
        "network.proxy.allow_hijacking_localhost": True,
        "network.proxy.no_proxies_on": "",
    }
