"""Names of desks, people and portals, as a person types them."""

import re

from portal.errors import DeskError

_NAME = re.compile("[a-z][a-z0-9-]{0,31}")


def check_name(name: str, what: str) -> None:
    """Raise DeskError, beginning with `what`, unless `name` can be a key of the formats and a part of a file name."""
    if not _NAME.fullmatch(name):
        raise DeskError(f"{what} must be at most 32 small letters, digits and hyphens, a letter first.")
