"""Every page of the desk, as tests walk through them."""

from collections.abc import Iterator

ALONE = (
    *("/", "/?show=all&sort=newest&channel=website", "/search", "/import", "/pack", "/referrals", "/statistics"),
    *("/more", "/handover", "/add", "/several", "/several/give", "/receive", "/due", "/person", "/verify"),
    *("/backups", "/people", "/settings", "/texts", "/texts?language=pt", "/job", "/authorities", "/portals"),
)
"""Those that show no case in particular."""
OF_A_CASE = ("", "/reply", "/note", "/merge", "/refer", "/transfer", "/keep")
"""What comes after the address of a case."""
NOT_WALKED = {
    "/enter": "the address that the terminal shows",
    "/locked": "shown when the desk is locked",
    "/statistics/chart/<name>.svg": "a picture",
}
"""Other addresses that can be opened, and what they are."""


def of_case(name: str, *, attachment: int = 0, answer: int = 0) -> Iterator[str]:
    """The pages of a case, with those of one of its attachments and of one of its answers, each by its number."""
    yield from (f"/case/{name}{rest}" for rest in OF_A_CASE)
    if attachment:
        yield f"/case/{name}/attachment/{attachment}"
    if answer:
        yield f"/case/{name}/withdraw/{answer}"
