"""Whatever comes in, only our own errors come out: fuzzing of everything that reads bytes of strangers.

    targets   one function a format: bytes in; it raises if a promise is broken
    corpus/   what is worth keeping, a folder a target: inputs that reach what others do not, and every old fault
    havoc     seeded changes of the corpus, for the test suite: the same inputs every time
    run       coverage-guided search by atheris (libFuzzer), for as long as one likes
    merge     adds to the corpus what a search has found and what reaches more
    seeds     writes the first inputs of the corpus from the code that makes the formats

The suite replays the corpus and some thousand seeded changes; `scripts/prove fuzz` searches from there, and from what
earlier searches left in build/fuzz, a folder a target. `python -m tests.fuzz.merge` takes over what of it reaches more.
A fault that is found goes into `corpus/` under a name of its own and stays there.
"""
