"""Runs proofs, prints each result, keeps the last one of each in docs/assurance-results.json, and writes the page anew.

The exit status is 1 if a claim did not hold, 2 if a name is unknown.
"""

import argparse
import json
import sys
from pathlib import Path

from tests.proofs import MODULES, Record, page, run


def keep(records: list[Record], path: Path) -> None:
    """Replace what `path` holds of these proofs, and leave what it holds of others."""
    kept = json.loads(path.read_text("utf-8")) if path.exists() else []
    known = {record["name"]: record for record in kept} | {record["name"]: record for record in records}
    lines = [known[name] for name in sorted(known)]
    path.write_text(json.dumps(lines, indent=2, ensure_ascii=False) + "\n", "utf-8")


def main(arguments: list[str], results: Path = page.RESULTS) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/prove", description="Runs the long proofs at full size.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    parser.add_argument("--json", action="store_true", help="a list of {name, claim, result, ok, seconds}")
    parser.add_argument("--list", action="store_true", help="name the proofs and end")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(MODULES))
        return 0
    if unknown := [name for name in options.names if name not in MODULES]:
        print(f"error: there is no proof {', '.join(unknown)}", file=sys.stderr)
        print(f"hint: there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    records = []
    for name in options.names or MODULES:
        records.append(record := run(name))
        if not options.json:
            verdict = "ok" if record["ok"] else "BROKEN"
            line = f"{verdict:<6}  {name} ({record['seconds']} s): {record['claim']} {record['result']}"
            print(line, flush=True)
        keep(records, results)
        if results == page.RESULTS:
            page.write()
    if options.json:
        print(json.dumps(records, indent=2, ensure_ascii=False))
    return 0 if all(record["ok"] for record in records) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
