"""`portal doctor`: is everything on this machine as the portal needs it, and what to do where it is not.

Rules kept here:

- A check is a function that returns one finding; what it looks at comes in as arguments, the machine's own files below
  one root, so that tests plant a bad machine. It changes nothing, and reads no report.
- What cannot be looked at here (no systemd, no tor, a portal that is not started) is said as such, as a warning: it is
  neither fine nor a failure of the command.
- A message is for a newcomer; a fix names the command or the file.

    finding         what a check returns
    machine         files and programs of the machine that is looked at
    configuration   systemd's files of settings, as it reads them
    clock disk permissions swap dumps journal backups units      … of the machine
    onion serving keys database postgresql                       … of the portal
    examination     all checks, in order
"""
