"""A person's identity as lines for paper, and back from what somebody typed (docs/format.md section 11).

Pure. A line carries two letters of its own check, so that a wrong one can be named; whether all of it is right, the
checksum of the identity says. The alphabet is that of Bech32, without B, I, O and 1: whoever types one of these means
the letter that it looks like.
"""

import re
from collections.abc import Iterator

from portal.age import HybridIdentity
from portal.errors import KeyFailure, PaperError
from portal.kdf import sha256

PREFIX = "AGE-SECRET-KEY-PQ-1"
LETTERS = 58
"""Of an identity after its prefix."""
LINE_LETTERS = 16
"""Of a line, without its check."""
CHECK_LETTERS = 2
GROUP_LETTERS = 4
"""Letters are printed in groups of so many."""
_ALPHABET = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L"
_LOOKS_LIKE = str.maketrans("BIO1", "8L0L")
_SIZES = [min(LINE_LETTERS, LETTERS - start) for start in range(0, LETTERS, LINE_LETTERS)]
LINES = len(_SIZES)


def write(identity: HybridIdentity) -> list[tuple[str, str]]:
    """The lines: letters in groups, `QPZR Y9X8 GF2T VDW0`, and the two of the check, `7K`."""
    letters = str(identity).removeprefix(PREFIX)
    return [(_grouped(part), _check(number, part)) for number, part in enumerate(_cut(letters), 1)]


def as_text(identity: HybridIdentity) -> str:
    """The lines with their numbers."""
    width = LINE_LETTERS + LINE_LETTERS // GROUP_LETTERS - 1
    return "\n".join(f"{number}   {part:{width}}   {check}" for number, (part, check) in enumerate(write(identity), 1))


def read(text: str) -> HybridIdentity:
    """The identity that was typed, tolerant of blanks, of case, of line numbers, and of letters that look alike.

    The line of an identity file of age is taken as well. Raises PaperError, which names the line and none of its
    letters.
    """
    typed = [line for line in text.splitlines() if _plain(line)]
    joined = "".join(map(_plain, typed))
    if len(joined) == LETTERS:
        return _identity(joined)
    if len(typed) != LINES and len(joined) == LETTERS + LINES * CHECK_LETTERS:
        typed = list(_cut(joined, CHECK_LETTERS))
    if len(typed) != LINES:
        raise PaperError(f"{len(typed)} lines were typed, and the paper has {LINES}: type all of them, one a line.")
    return _identity("".join(check_line(number, line) for number, line in enumerate(typed, 1)))


def check_line(number: int, line: str) -> str:
    """The letters of line `number` (from 1) without its check. Raises PaperError if it is not as on any paper."""
    letters, wanted = _plain(line), _SIZES[number - 1] + CHECK_LETTERS
    is_numbered = len(letters) == wanted + 1 or re.match(rf"\s*{number}\b", line)
    if is_numbered and not _fits(number, letters) and letters[:1] == str(number).translate(_LOOKS_LIKE):
        letters = letters[1:]
    if len(letters) != wanted:
        raise PaperError(f"Line {number} has {len(letters)} letters, and on the paper {wanted}: compare them.")
    if not _fits(number, letters):
        raise PaperError(f"Line {number} is not as on the paper: compare it letter by letter.")
    return letters[:-CHECK_LETTERS]


def _fits(number: int, letters: str) -> bool:
    """Whether a line ends with its check."""
    body, check = letters[:-CHECK_LETTERS], letters[-CHECK_LETTERS:]
    return len(body) == _SIZES[number - 1] and check == _check(number, body)


def _plain(line: str) -> str:
    """Only what counts of a line that somebody typed: a comment and the prefix do not."""
    if line.lstrip().startswith("#"):
        return ""
    letters = re.sub("[^0-9A-Z]", "", line.upper())
    return letters.removeprefix(re.sub("[^0-9A-Z]", "", PREFIX)).translate(_LOOKS_LIKE)


def _identity(letters: str) -> HybridIdentity:
    try:
        return HybridIdentity.parse(PREFIX + letters)
    except KeyFailure:
        raise PaperError("These letters are no key: take all lines from one paper, in their order.") from None


def _cut(letters: str, more: int = 0) -> Iterator[str]:
    """Line by line; each has `more` letters than its part of the identity."""
    start = 0
    for size in _SIZES:
        yield letters[start : start + size + more]
        start += size + more


def _grouped(letters: str) -> str:
    return " ".join(letters[start : start + GROUP_LETTERS] for start in range(0, len(letters), GROUP_LETTERS))


def _check(number: int, letters: str) -> str:
    digest = sha256(b"portevoix/paper/v1" + bytes([number]) + letters.encode("ascii"))
    bits = int.from_bytes(digest[:2]) >> 6
    return _ALPHABET[bits >> 5] + _ALPHABET[bits & 31]
