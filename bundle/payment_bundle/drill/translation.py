"""A command of a runbook's page as it can be run beside the demo, where there is no Kubernetes. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from payment_catalog.incidents import PROFILES

_LOGS = re.compile(r"kubectl logs (?P<flags>(?:-\S+ )*)(?:deployment/)?\S+(?: -n \S+)?(?: --previous)?")
_EXEC = re.compile(r"kubectl exec -it \S+ -n \S+ -- ")
_TAIL = re.compile(r"--tail=(-?\d+)")
_GATEWAY = "https://pay.fiuu.com"
#: Longest time that a log is followed.
_FOLLOWED_SECONDS = 2

#: What else stands in commands, and why it cannot be run here.
_ELSEWHERE = (
    ("kubectl", "asks Kubernetes"),
    ("aws ", "asks S3"),
    ("ping ", "leaves this machine"),
    ("<time>", "names a file that a person chooses"),
)


@dataclass(frozen=True, slots=True)
class Here:
    """What stands here for the cluster: the service's log from a byte on (1: all), and addresses."""

    log: str
    log_from: int
    gateway: str
    profiles: str
    has_postgres: bool


@dataclass(frozen=True, slots=True)
class Translated:
    """The command for this machine, or why there is none."""

    shell: str
    reason: str = ""


def translate(shell: str, here: Here) -> Translated:
    """Return what to run for a command of a page.

    The log of the deployment is the file; what would be run in a pod is run here, with the service's variables; the
    gateway is the simulated one, and the debug port the service's.
    """
    text = _LOGS.sub(lambda found: _log(found["flags"], here), shell)
    text = _EXEC.sub("", text).replace(_GATEWAY, here.gateway).replace(PROFILES, here.profiles)
    for word, reason in _ELSEWHERE:
        if word in text:
            return Translated("", reason)
    if text.startswith("psql ") and not here.has_postgres:
        return Translated("", "the database is a file of SQLite")
    return Translated(text)


def _log(flags: str, here: Here) -> str:
    if "-f" in flags.split():
        return f"timeout {_FOLLOWED_SECONDS} tail -c +{here.log_from} -f {here.log}"
    tail = _TAIL.search(flags)
    lines = int(tail[1]) if tail else -1
    return f"tail -c +{here.log_from} {here.log}" + (f" | tail -n {lines}" if lines >= 0 else "")
