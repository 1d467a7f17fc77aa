"""What happens to another program is no alert of ours: a scenario that follows for each alert from one that fires."""

from __future__ import annotations

import re
from dataclasses import replace

from payment_alerts.alert import Alert, AlertGroup, InputSeries

_JOB = re.compile(r'(?<=[{ ])job="(?:[^"\\]|\\.)*"')
_ANOTHER = 'job="another-program"'


def with_scenario_elsewhere(group: AlertGroup) -> AlertGroup:
    """Return the group with the scenario added to each alert that is about one job."""
    return replace(group, alerts=tuple(map(_with_scenario, group.alerts)))


def _with_scenario(alert: Alert) -> Alert:
    if not alert.silent_elsewhere:
        return alert
    firing = next(scenario for scenario in alert.scenarios if scenario.firing)
    moved = tuple(InputSeries(_JOB.sub(_ANOTHER, found.series), found.values) for found in firing.series)
    elsewhere = replace(firing, title="the same of another program", series=moved, firing=())
    return replace(alert, scenarios=(*alert.scenarios, elsewhere))
