"""What Prometheus answers to a panel's query, of series that promtool is given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from payment_alerts.promtool import Promtool
from payment_alerts.tool import TIMEOUT, run_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SAMPLE = re.compile(r"\{([^}]*)\} (\S+?)(?:, |$)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')


def answers(
    directory: Path, series: Mapping[str, str], expression: str, by: Iterable[str] = (), at: str = "1h"
) -> dict[tuple[str, ...], float]:
    """Return the value of each sample by its labels ``by``; a range of Grafana's is an hour.

    promtool expects no sample and tells which ones it got.
    """
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {"expr": expression.replace("$__range", "1h"), "eval_time": at, "exp_samples": []},
        ],
    }
    file = directory / "test.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    result = run_tool((Promtool().binary, "test", "rules", str(file)), TIMEOUT)
    got = re.search(r"^\s*got: ?(.*)$", result.output, re.MULTILINE)
    if got is None:
        assert result.code == 0, result.output
        return {}
    return {
        tuple(dict(_LABEL.findall(labels)).get(name, "") for name in by): float(value)
        for labels, value in _SAMPLE.findall(got[1])
    }
