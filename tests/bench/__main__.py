"""Measures, prints each figure beside its floor, and keeps the results if asked to.

The exit status is 1 if a bound is broken or a topic could not be measured, 2 if a name is unknown.
"""

import argparse
import json
import sys

from tests.bench import SHORT, TOPICS, about, keeping, machine, measure
from tests.bench.figures import Record
from tests.bench.keeping import Kept

ALL = "all"


def main(arguments: list[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures the portal and the desk, each figure beside its floor in the same run.",
        epilog=f"Without a name: {', '.join(SHORT)} (about two minutes). `{ALL}`: a quarter of an hour.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these, of {', '.join(TOPICS)}; or {ALL}")
    parser.add_argument("--json", action="store_true", help="a list of {name, value, unit, floor, ratio, bound, ok}")
    parser.add_argument("--list", action="store_true", help="say what each name measures and end")
    parser.add_argument("--keep", action="store_true", help="keep the results in docs/bench, with the machine")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(f"{topic:<11} {about(topic)}" for topic in TOPICS))
        return 0
    if unknown := [name for name in options.names if name not in TOPICS and name != ALL]:
        print(f"error: there is no figure {', '.join(unknown)}", file=sys.stderr)
        print(f"hint: there are {', '.join(TOPICS)}, and {ALL}", file=sys.stderr)
        return 2
    records: list[Record] = []
    for topic in TOPICS if ALL in options.names else options.names or SHORT:
        kept = _measured(topic, quiet=options.json)
        records += kept["figures"]
        if options.keep:
            keeping.publish(keeping.keep({topic: kept}, keeping.RESULTS))
    if options.json:
        print(json.dumps(records, indent=2, ensure_ascii=False))
    return 0 if all(record["ok"] for record in records) else 1


def _measured(topic: str, *, quiet: bool) -> Kept:
    before = machine.load()
    figures = measure(topic)
    if not quiet:
        print(*figures, sep="\n", flush=True)
    return Kept(
        day=machine.today(),
        machine=machine.describe(),
        load=[before, machine.load()],
        figures=[figure.record() for figure in figures],
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
