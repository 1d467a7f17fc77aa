"""Runs PostgreSQL's own programs."""

from __future__ import annotations

import asyncio
import re
import tempfile
from typing import IO, TYPE_CHECKING

from payment_catalog.errors import ForeseenError
from payment_service.maintenance.failures import one_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

_SAID_AT_MOST = 65536
#: How psql and pg_dump begin what matters; the terse form of psql's messages has no details, which show rows.
_TELLING = re.compile(r"\b(error|fatal|detail):", re.IGNORECASE)


class ProgramError(ForeseenError):
    """A program is missing or failed; ``code`` is its exit code, ``None`` where it did not start."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


async def run_program(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    feed: AsyncIterator[bytes] | None = None,
    output: IO[bytes] | None = None,
) -> None:
    """Run ``command``, reading ``feed`` and writing ``output``; kill it when this is cancelled; raises ProgramError.

    It gets a session of its own, so that the terminal's Ctrl-C reaches only us.
    """
    with tempfile.TemporaryFile() as errors:
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL if feed is None else asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL if output is None else output,
                stderr=errors,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise ProgramError(
                f"{command[0]} is not in PATH; install PostgreSQL's client programs (Debian: postgresql-client)"
            ) from None
        try:
            if process.stdin is not None and feed is not None:
                await _feed(process.stdin, feed)
            code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if code:
            raise ProgramError(f"{command[0]} ended with code {code}: {_said(errors)}", code)


async def _feed(stream: asyncio.StreamWriter, feed: AsyncIterator[bytes]) -> None:
    try:
        async for chunk in feed:
            stream.write(chunk)
            await stream.drain()
        stream.close()
        await stream.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has ended, and its exit code says why


def _said(errors: IO[bytes]) -> str:
    """Return the lines that tell of an error, else the last."""
    errors.seek(0)
    lines = errors.read(_SAID_AT_MOST).decode(errors="replace").strip().splitlines() or ["it said nothing"]
    telling = [line for line in lines if _TELLING.search(line)] or lines[-1:]
    return "; ".join(one_line(line) for line in telling[:3])
