"""Lines for whoever waits, and the pace at which bytes go."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING

from payment_logging.archive.run import size_text

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds between two lines about one file.
_EVERY = 10


@dataclass(frozen=True)
class Lines:
    """Says how far a long upload is; ``rate`` is bytes a second on average over a file, 0 as fast as it goes."""

    echo: Callable[[str], None]
    rate: float = 0
    clock: Callable[[], float] = monotonic
    pause: Callable[[float], None] = sleep

    def say(self, line: str, /) -> None:
        """Show ``line``."""
        self.echo(line)

    def sending(self, name: str, size: int, /) -> Callable[[int], None]:
        """Return what is told the bytes of the file ``name`` as they are sent; it waits where they go too fast."""
        start = said = self.clock()
        total = 0

        def sent(count: int) -> None:
            nonlocal said, total
            total += count
            if self.rate:
                self.pause(max(0.0, start + total / self.rate - self.clock()))
            if self.clock() - said >= _EVERY and total < size:
                said = self.clock()
                self.echo(f"    {name}: {total / size:.0%} of {size_text(size)} sent")

        return sent
