"""The OpenAPI document against the running service: generated requests, good and bad, find no answer outside it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from e2e.shop import KEY, Shop

if TYPE_CHECKING:
    from conftest import Postgres

PROGRAM = str(Path(sys.executable).with_name("schemathesis"))

#: Valid requests may be refused here for what no schema can say: an Idempotency-Key that was used with another
#: body, a cursor that was never given out, 1.0 for an amount, a callback that Fiuu has not signed.
UNFIT = "positive_data_acceptance"


def test_no_answer_is_a_server_error_or_outside_the_document(tmp_path: Path, fresh_database: Postgres) -> None:
    with Shop(tmp_path, fresh_database.environment, {"RATE_LIMIT": "1000000/second"}) as shop:
        result = subprocess.run(
            [
                *(PROGRAM, "run", f"{shop.url}/openapi.json", "--header", f"Authorization: Bearer {KEY}"),
                *("--checks", "all", "--exclude-checks", UNFIT, "--max-examples", "40", "--seed", "1"),
                *("--request-timeout", "20", "--no-color"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        assert "Tested: 10" in result.stdout
        assert "unhandled exception" not in shop.log
