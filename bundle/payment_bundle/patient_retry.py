"""Which requests are sent again, and after how long: after 429 and 5xx, and where no connection came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3.exceptions import InvalidHeader
from urllib3.util.retry import Retry

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

RETRIES = 4
#: Beyond it, somebody who waits at a terminal is better told to come back later.
_LONGEST_RETRY_AFTER = 30.0
_REPEATED = frozenset({429, 500, 502, 503, 504})


class PatientRetry(Retry):
    """Waits as long as Retry-After says, within reason; does not mind one that says nothing."""

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Return how many seconds the answer asks to wait, ``None`` where it does not."""
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if asked is None else min(asked, _LONGEST_RETRY_AFTER)


def patient(pause: float) -> PatientRetry:
    """Return retries of every method, for servers at which a repeated write does no harm.

    The pauses before them are 0, 2, 4 and 8 times ``pause`` seconds.
    """
    return PatientRetry(
        total=RETRIES,
        # An answer that does not come, or breaks off, may have been acted upon, and hanging is not mended by waiting.
        read=False,
        other=0,
        allowed_methods=None,
        status_forcelist=_REPEATED,
        backoff_factor=pause,
        raise_on_status=False,
    )
