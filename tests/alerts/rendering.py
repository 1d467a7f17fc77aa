"""What Alertmanager sends, rendered by its own tool from the generated configuration."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from payment_alerts.alertmanager import CONFIGURATION
from payment_alerts.tool import find_tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Between two texts that are rendered at once; a character that no message has.
_BETWEEN = "\x1e"
START = "2026-11-25T14:00:00Z"
END = "2026-11-25T15:12:00Z"


def alert(status: str = "firing", start: str = START, end: str = END, **labels: str) -> dict[str, Any]:
    """Return an alert as templates see it; names in capitals are annotations."""
    return {
        "status": status,
        "labels": {name: value for name, value in labels.items() if not name.isupper()},
        "annotations": {name.lower(): value for name, value in labels.items() if name.isupper()},
        "startsAt": start,
        "endsAt": end,
        "generatorURL": "https://prometheus.example/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    }


def message(*alerts: dict[str, Any]) -> dict[str, Any]:
    """Return what Alertmanager hands to the templates for a group of alerts."""

    def common(part: str) -> dict[str, str]:
        first, *others = (set(item[part].items()) for item in alerts)
        return dict(first.intersection(*others))

    return {
        "receiver": "p1",
        "status": "firing" if any(item["status"] == "firing" for item in alerts) else "resolved",
        "alerts": list(alerts),
        "groupLabels": {},
        "commonLabels": common("labels"),
        "commonAnnotations": common("annotations"),
        "externalURL": "http://alertmanager-0:9093",
    }


@dataclass(frozen=True)
class Renderer:
    """Generated files below ``directory``, and room for the data of a message."""

    directory: Path

    def integration(self, kind: str, data: dict[str, Any]) -> Any:
        """Return the first integration of that kind in the configuration, each template of it rendered."""
        configuration = yaml.safe_load((self.directory / CONFIGURATION).read_text())
        integration = next(item for item in configuration["receivers"] if kind in item)[kind][0]
        texts = [text for name, text in _texts(integration) if name != "html"]
        rendered = dict(zip(texts, self.text(_BETWEEN.join(texts), data).split(_BETWEEN), strict=True))
        html = {text: self.text(text, data, "html") for name, text in _texts(integration) if name == "html"}
        return _replaced(integration, {**rendered, **html})

    def text(self, template: str, data: dict[str, Any], mode: str = "text") -> str:
        """Return what ``template`` makes of ``data``, in Alertmanager's ``text`` or ``html`` mode."""
        file = self.directory / "message.json"
        file.write_text(json.dumps(data))
        command = (
            *(find_tool("amtool"), "template", "render"),
            *("--template.glob", f"{self.directory}/alertmanager/templates/*.tmpl", "--template.type", mode),
            *(f"--template.text={template}", f"--template.data={file}"),
        )
        done = subprocess.run(command, capture_output=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text of an integration with the name that it has there."""
    match value:
        case dict():
            for name, item in value.items():
                yield from _texts(item, name)
        case list():
            for item in value:
                yield from _texts(item)
        case str():
            yield key, value


def _replaced(value: Any, texts: dict[str, str]) -> Any:
    match value:
        case dict():
            return {name: _replaced(item, texts) for name, item in value.items()}
        case list():
            return [_replaced(item, texts) for item in value]
        case str():
            return texts[value]
        case _:
            return value
