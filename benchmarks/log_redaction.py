"""What it costs to redact a log line by the expressions that Fluentd runs, and that no line makes it costly.

Lines of hostile and of usual content, of 10,000 characters and of two, four and eight times as many, are redacted in
Python, whose expressions backtrack as Ruby's do. Exits with 1 where the time grows faster than the length.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import sys
import time
from typing import TYPE_CHECKING

from payment_logging.redaction import REPLACEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

LENGTH, FACTORS = 10_000, (1, 2, 4, 8)
ROUNDS = 5
#: Of the exponent of the growth, which is 1 where the time grows as the length does, and 2 with its square.
MOST = 1.3
USUAL = json.dumps(
    {"timestamp": "2024-11-25T10:00:00.123456Z", "level": "INFO", "event": "payment succeeded", "payment_id": "9b2e4c"}
)
CONTENTS: Mapping[str, str] = {
    "lines of the service": USUAL,
    "digits": "4",
    "fours with blanks": "4111 ",
    "single digits": "4 ",
    "digits with escapes": "4%252D",
    "backslashes": "\\",
    "numbers that end too late": "4111-1111-1111-111",
    "name upon name": "password",
    "names without end": 'password:"',
    "names with backslashes": 'token=\\\\\\"',
    "half a token": "eyJ",
    "addresses": "://a",
    "parameters": "[parameters: \\",
    "keys": "-----BEGIN PRIVATE KEY-----\n",
    "schemes": "Bearer ",
}

_EXPRESSIONS = [(re.compile(each.expression), each.replacement) for each in REPLACEMENTS]


def seconds(text: str) -> float:
    """Return how much of the processor's time it takes to redact ``text``, at best."""

    def once() -> float:
        start, rest = time.process_time(), text
        for expression, replacement in _EXPRESSIONS:
            rest = expression.sub(replacement, rest)
        return time.process_time() - start

    return min(once() for _ in range(ROUNDS))


def main() -> int:
    """Print a line for each content; return 1 where one is worse than linear."""
    print(f"{'milliseconds for':<28}" + "".join(f"{LENGTH * factor:>10,}" for factor in FACTORS) + "   exponent")
    failed = False
    for name, content in CONTENTS.items():
        text = content * (LENGTH * FACTORS[-1] // len(content) + 1)
        times = [seconds(text[: LENGTH * factor]) for factor in FACTORS]
        exponent = statistics.linear_regression(list(map(math.log, FACTORS)), list(map(math.log, times))).slope
        failed |= exponent > MOST
        figures = "".join(f"{each * 1000:>10.1f}" for each in times)
        print(f"{name:<28}{figures}{exponent:>11.2f}{'  above linear' if exponent > MOST else ''}")
    count = 2_000
    cost = seconds(f"{USUAL}\n" * count) / count
    print(f"one line of the service, {len(USUAL)} characters: {cost * 1e6:.0f} µs")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
