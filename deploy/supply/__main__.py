"""python -m deploy.supply: writes anew what is made of the lock files."""

import sys

from deploy.kit.source import ROOT
from deploy.supply.errors import SupplyError
from deploy.supply.generated import generated


def main() -> int:
    """Write every file; the exit status."""
    try:
        for name, text in generated(ROOT).items():
            (ROOT / name).write_text(text, "utf-8")
    except SupplyError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
