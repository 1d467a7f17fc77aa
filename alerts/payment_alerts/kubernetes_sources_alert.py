"""The alert on those who tell about Kubernetes: when they are silent, every other alert on it is blind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from payment_alerts.alert import Alert, InputSeries, Scenario
from payment_alerts.kubernetes_scenarios import kubernetes_target
from payment_alerts.kubernetes_scraping import kubernetes_targets
from payment_alerts.scenario_series import Target, steady, then
from payment_catalog.escalation import Team
from payment_catalog.external_metrics import UP
from payment_catalog.incident import IncidentKey
from payment_catalog.kubernetes_metrics import CADVISOR, KUBE_STATE_METRICS, KUBERNETES_JOBS
from payment_catalog.promql import quote
from payment_catalog.severities import Priority, Severity
from payment_catalog.signals import JOB

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

_AT = timedelta(minutes=20)


def kubernetes_metrics_missing(settings: Settings) -> Alert:
    """No target of such a job answers; a job that the settings name no target for may be missing."""
    pending = timedelta(minutes=5)
    configured = tuple(
        Target(environment, settings.namespace, job, addresses[0])
        for job, targets in kubernetes_targets(settings).items()
        for environment, addresses in targets.items()
    )
    target, kubelet = (kubernetes_target(settings, job) for job in (KUBE_STATE_METRICS, CADVISOR))
    other = replace(target, job="another-program")

    def answering(*others: InputSeries, but: Target = target) -> tuple[InputSeries, ...]:
        """Return the series given, and every configured target but one answering."""
        answers = (place.series(UP.name, steady(1, 40)) for place in configured if place != but)
        return (*others, *answers)

    def up(values: str, of: Target = target) -> InputSeries:
        return of.series(UP.name, values)

    return Alert(
        name="KubernetesMetricsMissing",
        expr=" or ".join(
            (
                f'sum by ({JOB}) ({UP}{{job=~"{"|".join(KUBERNETES_JOBS)}"}}) == 0',
                *(
                    f"absent({UP}{{environment={quote(place.environment)}, namespace={quote(place.namespace)}, "
                    f"job={quote(place.job)}}})"
                    for place in configured
                ),
            )
        ),
        # Nobody pays through it: a restart or a reschedule may pass.
        pending=pending,
        severity=Severity.WARNING,
        priority=Priority.P2,
        team=Team.SERVICE_OUTAGE,
        incident=IncidentKey.SERVICE_UNAVAILABLE,
        summary="{{ $labels.job }} does not answer",
        description="No target of the job {{ $labels.job }} in {{ $labels.environment }} answers Prometheus: alerts on "
        "pods, roll-outs, quotas or the limits of containers are blind.",
        meaning="kube-state-metrics or the kubelets are down, refuse Prometheus' account, or cannot be reached.",
        impact="None on payments; problems of pods and deployments stay unseen.",
        scenarios=(
            Scenario("no kube-state-metrics answers", answering(up(steady(0, 40))), _AT, (target.job_labels,)),
            Scenario(
                "no kubelet answers",
                answering(up(steady(0, 40), kubelet), but=kubelet),
                timedelta(minutes=6),
                (kubelet.job_labels,),
            ),
            Scenario("one of two answers", answering(up(steady(0, 40)), up(steady(1, 40), target.second)), _AT),
            Scenario(
                "it answers, and another program does not", answering(up(steady(1, 40)), up(steady(0, 40), other)), _AT
            ),
            Scenario(
                "a restart", answering(up(then(steady(1, 5), steady(0, 2), steady(1, 30)))), timedelta(minutes=12)
            ),
            Scenario("not for long enough", answering(up(steady(0, 40))), timedelta(minutes=4)),
            Scenario("no target at all", (), _AT, tuple(place.job_labels for place in configured)),
        ),
        silent_elsewhere=not configured,  # where one is configured, the job itself is missing then
    )
