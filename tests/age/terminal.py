"""Runs a program that asks for a passphrase at its terminal."""

import os
import pty
import select
import subprocess
import sys
import threading

TIMEOUT = 60.0
_OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(int(sys.argv[1]), termios.TIOCSCTTY, 0)
os.execvp(sys.argv[2], sys.argv[2:])  # keeps the terminal open, so that it is not closed before the program opens it
"""


def run_with_passphrases(
    command: list[str], passphrases: list[str], stdin: bytes
) -> "subprocess.CompletedProcess[bytes]":
    """Types one of `passphrases` at each prompt of `command`, which gets `stdin` through a pipe."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", _OWN_TERMINAL, str(theirs), *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        pass_fds=(theirs,),
    ) as process:
        typist = threading.Thread(target=_type, args=(ours, passphrases))
        typist.start()
        os.close(theirs)
        try:
            stdout, stderr = process.communicate(stdin, timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        typist.join(TIMEOUT)
    os.close(ours)
    return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)


def _type(terminal: int, passphrases: list[str]) -> None:
    """Answers prompts until the program closes the terminal."""
    left = list(passphrases)
    shown = b""
    while select.select([terminal], [], [], TIMEOUT)[0]:
        try:
            shown += os.read(terminal, 1024)
        except OSError:  # Linux: nobody holds the other side any more.
            return
        if shown.endswith(b": ") and left:
            os.write(terminal, left.pop(0).encode("utf-8") + b"\n")
            shown = b""
