"""Searches with atheris, in a process that ends with it: `python -m tests.fuzz.run TARGET SECONDS NEW [FOLDER…]`.

NEW is the folder that takes what is found; more folders are read. The exit status is 0 if nothing was found, and what
was found lies in NEW as `crash-…`, `timeout-…` or `oom-…` (libFuzzer's own names).

`python -m tests.fuzz.run TARGET -OPTION… FOLDER…` does with the target whatever else libFuzzer can do.
"""

import shlex
import sys

import atheris

INPUT_SECONDS = 10
"""One input may take so long."""
INPUT_BYTES = 8_192
MEMORY_MIB = 2_048

with atheris.instrument_imports(include=["portal", "tests.fuzz"], enable_loader_override=False):
    from tests.fuzz import targets


def main(name: str, *arguments: str) -> None:
    """Search until the time is up or something is found; does not return."""
    target = targets.planted if name == "planted" else targets.TARGETS[name]
    # libFuzzer starts itself anew by this line, for instance to merge.
    program = shlex.join([sys.executable, "-m", "tests.fuzz.run", name])
    atheris.Setup([program, *(arguments if arguments[0].startswith("-") else _search(*arguments))], target)
    atheris.Fuzz()


def _search(seconds: str, *folders: str) -> list[str]:
    return [
        f"-max_total_time={seconds}",
        f"-timeout={INPUT_SECONDS}",
        f"-max_len={INPUT_BYTES}",
        f"-rss_limit_mb={MEMORY_MIB}",
        f"-artifact_prefix={folders[0]}/",
        "-seed=1",
        "-print_final_stats=1",
        *folders,
    ]


if __name__ == "__main__":
    main(*sys.argv[1:])
