"""The desk's page in Firefox ESR and Chromium, by the keyboard alone, checked by axe, without any network."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import npm
from tests.desk.web.in_browsers import AXE

pytestmark = pytest.mark.e2e
_SCENES = Path(__file__).with_name("in_browsers.py")


def test_without_a_network() -> None:
    """The browsers, the desk and the tests of them run where there is nothing but a loopback."""
    npm.install(AXE)
    assert shutil.which("ip"), "install the Debian package iproute2"
    inside = f"ip link set lo up && exec {sys.executable} -m pytest -q -p no:cacheprovider {_SCENES}"
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", inside]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
