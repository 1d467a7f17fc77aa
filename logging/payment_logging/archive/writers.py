"""Whether somebody has a file open for writing."""

from __future__ import annotations

import fcntl
import os
import re
import signal
from contextlib import suppress
from pathlib import Path

_FLAGS = re.compile(r"^flags:\s*([0-7]+)$", re.MULTILINE)


def has_writer(descriptor: int) -> bool:
    """Return whether any process has the file open for writing.

    The kernel knows: it grants a read lease only where nobody has (fcntl(2), F_SETLEASE). It tells the file's owner
    and root, on local file systems; others learn it of the processes in ``/proc`` that they may look at.
    """
    try:
        # Whoever opens the file while the lease is held waits, and a signal says so: one that is ignored by default.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return _in_proc(os.fstat(descriptor))
    fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return False


def _in_proc(file: os.stat_result) -> bool:
    return any(_writes(link, file) for link in Path("/proc").glob("[0-9]*/fd/*"))


def _writes(link: Path, file: os.stat_result) -> bool:
    with suppress(OSError):
        if os.path.samestat(link.stat(), file):
            flags = _FLAGS.search((link.parents[1] / "fdinfo" / link.name).read_text())
            return flags is not None and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY
    return False
