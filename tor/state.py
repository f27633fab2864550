"""What is known of our onion service at one moment."""

from dataclasses import dataclass
from enum import Enum

from .errors import TorError


class Step(Enum):
    """How far the service has come. A failure goes back to `STARTING`."""

    STOPPED = "stopped"
    STARTING = "starting tor"
    BOOTSTRAPPING = "entering the Tor network"
    PUBLISHING = "publishing"
    PUBLISHED = "published"


@dataclass(frozen=True)
class OnionState:
    """One moment of an onion service.

    `progress` is tor's way into its network, 0 to 100 per cent, and `summary` tor's words for it. `reachable` is what
    the last probe of our own address said, None before the first and where none is possible. `defences_off` names the
    defences that this tor is too old for. `problem` is the last problem, None when all is well; its text says what to
    do.
    """

    address: str
    step: Step = Step.STOPPED
    progress: int = 0
    summary: str = ""
    reachable: bool | None = None
    defences_off: tuple[str, ...] = ()
    problem: TorError | None = None

    @property
    def published(self) -> bool:
        """Whether the network's directories have our descriptor, so that visitors can find us."""
        return self.step is Step.PUBLISHED

    def __str__(self) -> str:
        """One line for a terminal or a log."""
        text = self.step.value
        if self.step is Step.BOOTSTRAPPING:
            text += f": {self.progress} % ({self.summary})"
        if self.step is Step.PUBLISHED:
            text += f" at http://{self.address}"
            text += {True: ", and it answers", False: ", but it does not answer", None: ""}[self.reachable]
        if self.defences_off and self.step in (Step.PUBLISHING, Step.PUBLISHED):
            text += f"; this tor is too old for: {', '.join(self.defences_off)}"
        return f"{text}. {self.problem}" if self.problem else text
