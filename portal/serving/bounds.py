"""What a server allows, in one structure; `portal.limits` says why each default is what it is."""

from dataclasses import dataclass
from pathlib import Path

from portal import limits


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Sizes are in bytes, times in seconds."""

    spool: Path
    """The folder of the files without a name."""
    submission_bytes: int = limits.SUBMISSION_BYTES
    in_flight_bytes: int = limits.IN_FLIGHT_BYTES
    small_body_bytes: int = limits.SMALL_BODY_BYTES
    header_bytes: int = limits.HEADER_BYTES
    recv_bytes: int = limits.RECV_BYTES
    connections: int = limits.CONNECTIONS
    page_threads: int = limits.PAGE_THREADS
    text_threads: int = limits.TEXT_THREADS
    file_threads: int = limits.FILE_THREADS
    patient_threads: int = limits.PATIENT_THREADS
    patient_waiting: int = limits.PATIENT_WAITING
    idle_seconds: float = limits.IDLE_SECONDS
    headers_seconds: float = limits.HEADERS_SECONDS
    stall_seconds: float = limits.STALL_SECONDS
    slowest_body: int = limits.SLOWEST_BODY
    slow_body_seconds: float = limits.SLOW_BODY_SECONDS
    drain_bytes: int = limits.DRAIN_BYTES
    drain_seconds: float = limits.DRAIN_SECONDS
    linger_seconds: float = limits.LINGER_SECONDS
    cleanup_seconds: float = limits.CLEANUP_SECONDS
    stop_seconds: float = limits.STOP_SECONDS
