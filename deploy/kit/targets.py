"""The machines for which a kit is made."""

from collections.abc import Mapping
from dataclasses import dataclass

GLIBC = (5, 12, 17, 24, 26, 27, 28, 31, 34)
"""Minor versions of glibc 2 whose wheels are taken, the oldest first: Debian 12 has 2.36, Ubuntu 22.04 has 2.35."""
PYTHONS = ("3.11", "3.12", "3.13")
"""Of Debian 12, Ubuntu 24.04 and Debian 13."""


@dataclass(frozen=True)
class Target:
    """A kind of machine: pip's names for it, best first, and what markers in a wheel's metadata see there."""

    name: str
    python: str
    platforms: tuple[str, ...]
    _system: Mapping[str, str]

    @property
    def markers(self) -> dict[str, str]:
        """The environment of PEP 508 on such a machine."""
        return {
            **self._system,
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.0",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_version": "",
            "python_full_version": f"{self.python}.0",
            "python_version": self.python,
        }


def linux(python: str) -> Target:
    """Linux on x86-64 with glibc."""
    old = ("manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64")
    new = tuple(f"manylinux_2_{minor}_x86_64" for minor in GLIBC)
    system = {"os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": "x86_64"}
    return Target(f"Linux, Python {python}", python, (*old, *new), system)


def windows(python: str) -> Target:
    """Windows 10 or newer on x86-64."""
    system = {"os_name": "nt", "sys_platform": "win32", "platform_system": "Windows", "platform_machine": "AMD64"}
    return Target(f"Windows, Python {python}", python, ("win_amd64",), system)
