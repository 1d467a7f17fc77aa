"""Files whose tests share what is dear to start and to keep running: the demo, and a Prometheus with a history."""

from __future__ import annotations

DEMO, HISTORY = "demo", "history"
SHARING = {
    DEMO: {
        f"tests/e2e/{name}.py"
        for name in ("test_alerts_arrive", "test_capacity_live", "test_contract", "test_dashboards_live")
    },
    HISTORY: {f"tests/bundle/preview/{name}.py" for name in ("test_browser", "test_panels", "test_server")},
}


def shared_by(nodeid: str) -> str:
    """Return what the test's file shares with others; nothing where it shares none."""
    file = nodeid.partition("::")[0]
    return next((name for name, files in SHARING.items() if file in files), "")
