"""The other implementations of age. A missing tool fails the tests that need it, and says what to install."""

import base64
import io
import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from portal.age.__main__ import main
from portal.errors import AgeError
from tests import npm as npm_packages
from tests import sentences

from .vectors import Vector

INTEROP = Path(__file__).parent.parent / "interop"


@pytest.fixture(autouse=True, scope="module")
def _errors_are_sentences() -> Iterator[None]:
    """Whatever is raised in these tests can be read by a person."""
    with sentences.checked(AgeError):
        yield


class NpmError(Exception):
    """The npm package refused; the message is its own."""


class Npm:
    """The npm packages, in one node process that runs tests/interop/age.mjs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, command: str, *arguments: str, file: bytes = b"") -> bytes:
        requests, answers = self._process.stdin, self._process.stdout
        assert requests is not None
        assert answers is not None
        requests.write(json.dumps([command, arguments, base64.b64encode(file).decode("ascii")]) + "\n")
        requests.flush()
        answer = json.loads(answers.readline())
        if "error" in answer:
            raise NpmError(answer["error"])
        return base64.b64decode(answer["result"])

    def open(self, vector: Vector) -> bytes:
        """What is in the file of a vector, if the npm package thinks that it is sound."""
        file = self("dearmor", file=vector.file) if vector.armored else vector.file
        if vector.passphrases:
            return self("decryptPassphrase", *vector.passphrases, file=file)
        return self("decrypt", *vector.identities, file=file)


@pytest.fixture(scope="session")
def npm() -> Iterator[Npm]:
    node = npm_packages.tool("node", "nodejs")
    npm_packages.install(INTEROP)
    command = [node, "--no-warnings", str(INTEROP / "age.mjs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Npm(process)


@pytest.fixture(scope="session")
def cctv(npm: Npm) -> dict[str, Vector]:
    """The official vectors by name."""
    return {name: Vector.parse(base64.b64decode(data)) for name, data in json.loads(npm("vectors")).items()}


@pytest.fixture(scope="session")
def debian_age() -> str:
    return npm_packages.tool("age", "age")


@dataclass(frozen=True)
class Finished:
    status: int
    stdout: bytes
    stderr: str


@pytest.fixture
def command() -> Callable[..., Finished]:
    """Runs `python -m portal.age` in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Finished:
        stdout, stderr = io.BytesIO(), io.StringIO()
        status = main(arguments, io.BytesIO(stdin), stdout, stderr)
        return Finished(status, stdout.getvalue(), stderr.getvalue())

    return run
