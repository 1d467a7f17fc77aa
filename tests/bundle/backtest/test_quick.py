"""The whole of it over a short history: simulated, evaluated by the real Prometheus, judged and told."""

from __future__ import annotations

import json
from pathlib import Path

from command_line import payobs

BUNDLE = Path(__file__).parents[3] / "bundle.yaml"


def test_a_quick_backtest_tells_the_same_each_time(tmp_path: Path) -> None:
    found = []
    for run in ("one", "two"):
        result = payobs(
            "backtest", "--config", str(BUNDLE), "--quick", "--output", "json", "--out", str(tmp_path / run)
        )
        assert result.code in {0, 1}, result.err
        assert (tmp_path / run / "report.json").read_text(encoding="utf-8") == result.out
        found.append({file.name: file.read_bytes() for file in (tmp_path / run).iterdir()})
    assert found[0] == found[1]
    content = json.loads(found[0]["report.json"])
    assert len(content["alerts"]["incidents"]) >= 7
    assert all(incident["priority"] in {"P0", "P1", "P2", "P3"} for incident in content["alerts"]["incidents"])
    assert any(incident["detected_by"] for incident in content["alerts"]["incidents"])
    assert content["plain_thresholds"]["incidents"]
