"""A desk to look at: an invented portal, invented reporters and invented caseworkers over two years.

Everything passes through the real operations: items are sealed with a reporter's keys, travel in a signed bundle, and
are imported, answered and packed as at a real desk, only with another clock. Nobody and nothing in it exists.

    texts      sentences in five languages, from en.toml, fr.toml, de.toml, lb.toml, pt.toml
    world      the places, sites, accounts and people that the texts and answers speak of
    answers    what a form of each channel could have been filled in with
    filings    who reports what on which day
    exchange   the portal's half: bundles out, packs in
    casework   what the caseworkers do with it
    making     the whole desk

The same seed on the same day gives the same reports and the same history; keys and ciphertext are new each time.
"""

from portal.desk.demo.making import PASSPHRASE, Made, make

__all__ = ["PASSPHRASE", "Made", "make"]
