"""What takes long, one at a time, in a thread of its own; the page shows how far it has come, then its result.

What was begun is finished, also when the desk is locked meanwhile: it has the keyring that it began with.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, Response, current_app, redirect
from werkzeug.wrappers import Response as AnyResponse

from portal.desk.web.showing import page
from portal.errors import DeskError, PortevoixError

bp = Blueprint("jobs", __name__)
_LOOK_SECONDS = 2


@dataclass(frozen=True)
class Result:
    """What a job leaves to read: sentences, rows of a table, and where to go on (path and label)."""

    sentences: Sequence[str]
    links: Sequence[tuple[str, str]] = ()
    trouble: Sequence[str] = ()
    """What needs attention."""


Progress = Callable[[int, int], None]
Work = Callable[[Progress], Result]


@dataclass
class Job:
    """One piece of work: `done` of `total`, then `result`, or `error` in one sentence."""

    title: str
    done: int = 0
    total: int = 0
    result: Result | None = None
    error: str = ""
    finished: threading.Event = field(default_factory=threading.Event)

    def progress(self, done: int, total: int) -> None:
        self.done, self.total = done, total


class Jobs:
    """The job of this desk."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.last: Job | None = None

    def start(self, title: str, work: Work, after: Callable[[], None] = lambda: None) -> Job:
        """Begin `work`; `after` is called when it has ended, however. Raises DeskError if another is under way."""
        with self._lock:
            if self.last is not None and not self.last.finished.is_set():
                raise DeskError(f"Another piece of work is under way ({self.last.title}): wait until it is done.")
            job = self.last = Job(title)
        threading.Thread(target=_run, args=(job, work, after), name="job", daemon=True).start()
        return job

    def forget(self) -> None:
        """Show the last result no longer."""
        with self._lock:
            if self.last is not None and self.last.finished.is_set():
                self.last = None


def _run(job: Job, work: Work, after: Callable[[], None]) -> None:
    try:
        job.result = work(job.progress)
    except PortevoixError as error:
        job.error = str(error)
    except OSError as error:
        job.error = f"{error.filename or 'A file'} cannot be used ({error.strerror}): look at it, and do this again."
    except Exception as error:  # noqa: BLE001 - whatever happened, the page must say that it did
        job.error = f"Something went wrong in the desk ({type(error).__name__}): what was stored before is safe."
    finally:
        try:
            after()
        finally:
            job.finished.set()


def jobs() -> Jobs:
    """The jobs of the application that answers now."""
    found: Jobs = current_app.extensions["jobs"]
    return found


def shown() -> AnyResponse:
    """The answer to the form that began a job."""
    return redirect("/job", 303)


@bp.get("/job")
def show() -> Response:
    """How far the job has come, or what it brought."""
    job = jobs().last
    answer = page("job", job=job)
    if job is not None and not job.finished.is_set():
        answer.headers["Refresh"] = str(_LOOK_SECONDS)
    return answer


@bp.post("/job/seen")
def seen() -> AnyResponse:
    """Put the result away."""
    jobs().forget()
    return redirect("/", 303)
