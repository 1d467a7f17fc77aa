"""The runbook's incidents: symptoms, diagnosis, causes and remedies, with the names of the settings put in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from payment_catalog.backup_report import LAST_VERIFICATION
from payment_catalog.escalation import Team
from payment_catalog.incident import Cause, Command, Incident, IncidentKey
from payment_catalog.log_streams import LogBoard
from payment_catalog.vocabulary import LogPattern

if TYPE_CHECKING:
    from payment_catalog.settings import Settings

_POD = "<pod-name>"
_PSQL = "psql -h $DB_HOST -U $DB_USER -d $DB_NAME -c"
#: The service's debug port, as its own pod reaches it.
PROFILES = "http://localhost:6060/debug/pprof"


def incidents(settings: Settings) -> tuple[Incident, ...]:
    """Return every incident of the runbook, its commands filled in for ``settings``."""
    shell = _Shell(settings)
    return (
        _service_unavailable(shell),
        _high_error_rate(shell),
        _performance_degradation(shell),
        _unauthorized_access(shell),
        _data_breach(shell),
        _ddos_attack(shell),
        _data_loss(shell),
    )


@dataclass(frozen=True, slots=True)
class _Shell:
    """Composes the runbook's commands. Settings admit no character that a shell would interpret."""

    settings: Settings

    def kubectl(self, arguments: str) -> str:
        return f"kubectl {arguments} -n {self.settings.namespace}"

    def logs(self, flags: str, filter_: str = "") -> str:
        pipe = f" | {filter_}" if filter_ else ""
        return self.kubectl(f"logs {flags} deployment/{self.settings.service}") + pipe

    def inside(self, command: str) -> str:
        return f"{self.kubectl(f'exec -it {_POD}')} -- {command}"

    def sql(self, statement: str) -> str:
        return self.inside(f'{_PSQL} "{statement}"')

    def metric(self, name: str) -> str:
        return f"curl {self.settings.urls.service}/metrics | grep {name}"


def _service_unavailable(shell: _Shell) -> Incident:
    settings = shell.settings
    return Incident(
        IncidentKey.SERVICE_UNAVAILABLE,
        "Service Unavailable",
        Team.SERVICE_OUTAGE,
        ("All health checks failing", "503 Service Unavailable errors", "No new payments being processed"),
        (
            Command("Check health", f"curl {settings.urls.service}/health"),
            Command("Check readiness", f"curl {settings.urls.service}/ready"),
            Command("Check pod status", shell.kubectl(f"get pods -l app={settings.service}")),
            Command("Check recent events", shell.kubectl("get events --sort-by='.lastTimestamp'") + " | tail -20"),
            Command("Check resource constraints", shell.kubectl(f"describe pod {_POD}")),
            Command("Check logs for errors", shell.logs("--tail=200")),
        ),
        (
            Cause(
                "Pod crashing",
                (
                    "Out of memory: increase memory limits",
                    "Configuration error: check environment variables",
                    "Database connection failure: verify connectivity",
                ),
                (Command("Check the crash reason", shell.kubectl(f"logs {_POD} --previous")),),
            ),
            Cause(
                "Network issues",
                (),
                (
                    Command("Test database connectivity", shell.inside("nc -zv $DB_HOST $DB_PORT")),
                    Command(
                        "Test Redis connectivity",
                        shell.inside("redis-cli -h $REDIS_HOST -p $REDIS_PORT ping"),
                    ),
                    Command("Check service endpoints", shell.kubectl("get endpoints")),
                ),
            ),
            Cause(
                "Resource exhaustion",
                (),
                (
                    Command("Check node resources", "kubectl top nodes"),
                    Command("Check resource quotas", shell.kubectl("describe quota")),
                    Command("Check disks", shell.inside("df -h")),
                ),
            ),
            Cause(
                "A bad release",
                (),
                (
                    Command("Look at the roll-out", shell.kubectl(f"rollout status deployment/{settings.service}")),
                    Command("Go back", shell.kubectl(f"rollout undo deployment/{settings.service}")),
                ),
            ),
        ),
    )


def _high_error_rate(shell: _Shell) -> Incident:
    return Incident(
        IncidentKey.HIGH_ERROR_RATE,
        "High Error Rate",
        Team.SERVICE_OUTAGE,
        ("Error rate >5%", "Failed payment transactions", "Customer complaints"),
        (
            Command("Check error logs", shell.logs("--tail=-1", "grep ERROR | tail -50")),
            Command("Check failed payments", shell.logs("--tail=-1", 'grep "payment.*failed" | tail -20')),
            Command("Watch errors as they come", shell.logs("-f", "grep ERROR")),
        ),
        (
            Cause(
                "Fiuu API errors",
                (),
                (
                    Command(
                        "Check connectivity",
                        shell.inside("curl -X POST https://pay.fiuu.com/RMS/API/payment/PaymentRequest"),
                    ),
                    Command(
                        "Check that credentials are set (names only)",
                        shell.inside("env | grep FIUU | cut -d= -f1"),
                    ),
                    Command("Check the circuit breaker", shell.metric("fiuu_circuit_breaker_state")),
                ),
            ),
            Cause(
                "Database errors",
                (),
                (
                    Command(
                        "Count active connections",
                        shell.sql("SELECT count(*) FROM pg_stat_activity WHERE state = 'active';"),
                    ),
                    Command("Find waiting locks", shell.sql("SELECT * FROM pg_locks WHERE NOT granted;")),
                    _slow_statements(shell),
                ),
            ),
            Cause(
                "Rate limiting",
                (),
                (
                    Command("Check rate limit metrics", shell.metric("rate_limit")),
                    _limited_requests(shell),
                ),
            ),
        ),
        logs=LogPattern.ERROR,
    )


def _performance_degradation(shell: _Shell) -> Incident:
    return Incident(
        IncidentKey.PERFORMANCE_DEGRADATION,
        "Performance Degradation",
        Team.PERFORMANCE_ISSUE,
        ("Response time >500ms", "Increasing queue lengths", "Customer complaints about slowness"),
        (
            Command("Check response time", shell.metric("http_request_duration_seconds")),
            Command(
                "Find long queries",
                shell.sql("SELECT * FROM pg_stat_activity WHERE query_start < now() - interval '1 minute';"),
            ),
            Command("Check pods", shell.kubectl("top pods")),
            Command("Check nodes", "kubectl top nodes"),
        ),
        (
            Cause(
                "Database performance",
                (),
                (
                    Command("Check indexes", shell.sql("\\d payments")),
                    _slow_statements(shell),
                    Command("Update table statistics", shell.sql("ANALYZE payments;")),
                    Command("Check the connection pool", shell.metric("db_connections")),
                ),
            ),
            Cause(
                "Memory leaks",
                (),
                (
                    Command("Watch memory", shell.kubectl(f"top pod {_POD} --watch")),
                    Command("Count asyncio tasks", shell.metric("goroutines")),
                    Command("See what is allocated and kept", shell.inside(f"curl '{PROFILES}/heap?debug=1'")),
                ),
            ),
            Cause(
                "A blocked event loop",
                ("Something waits or computes on the event loop: move it to a thread",),
                (
                    Command("Look twenty times where the main thread is", _main_thread(shell)),
                    Command(
                        "See what computes",
                        shell.inside(f"curl '{PROFILES}/profile?seconds=5&debug=1'"),
                    ),
                ),
            ),
            Cause(
                "External API latency",
                (),
                (
                    Command(
                        "Time the Fiuu API",
                        "time " + shell.inside("curl -X POST https://pay.fiuu.com/RMS/API/payment/PaymentRequest"),
                    ),
                    Command("Check network latency", shell.inside("ping -c 5 pay.fiuu.com")),
                ),
            ),
            Cause(
                "Too little capacity",
                (),
                (
                    Command(
                        "Scale out",
                        shell.kubectl(f"scale deployment {shell.settings.service} --replicas=5"),
                    ),
                ),
            ),
        ),
    )


def _main_thread(shell: _Shell) -> str:
    """Return a loop over stacks: a block lasts too short for a single look."""
    look = f'curl -s "{PROFILES}/goroutine?debug=2" | grep -A 6 "thread, main"'
    return shell.inside(f"sh -c 'for look in $(seq 20); do {look}; sleep 0.2; done'")


def _slow_statements(shell: _Shell) -> Command:
    """Return the runbook's query; since PostgreSQL 13 the column ``mean_time`` is ``mean_exec_time``."""
    return Command(
        "Find slow statements",
        shell.sql("SELECT query, mean_exec_time, calls FROM pg_stat_statements ORDER BY mean_exec_time DESC LIMIT 10;"),
    )


def _limited_requests(shell: _Shell) -> Command:
    return Command("Review recent requests", shell.logs("--tail=-1", 'grep "rate limit" | tail -20'))


def _security_diagnosis(shell: _Shell) -> tuple[Command, ...]:
    return (
        Command(
            "Failed authentication attempts",
            shell.logs("--tail=-1", 'grep "auth.*failed" | tail -10'),
        ),
        Command("Unusual payments", shell.logs("--tail=-1", 'grep "payment.*failed" | tail -10')),
        Command("Security events", shell.metric("security_events")),
    )


def _unauthorized_access(shell: _Shell) -> Incident:
    return Incident(
        IncidentKey.UNAUTHORIZED_ACCESS,
        "Unauthorized Access",
        Team.SECURITY_INCIDENT,
        ("Many failed authentications", "Requests for paths that the service does not have"),
        _security_diagnosis(shell),
        (
            Cause("Compromised credentials", ("Immediately: revoke them", "Audit logs for data access")),
            Cause("Weak access controls", ("Prevention: review access controls",)),
        ),
        logs=LogBoard.SECURITY,
    )


def _data_breach(shell: _Shell) -> Incident:
    return Incident(
        IncidentKey.DATA_BREACH,
        "Data Breach",
        Team.SECURITY_INCIDENT,
        ("Data read by somebody who must not", "Card data where it must not be"),
        _security_diagnosis(shell),
        (
            Cause("Exposed systems", ("Immediately: isolate affected systems", "Find the scope of exposure")),
            Cause("Missing controls", ("Prevention: enhance security controls",)),
        ),
        logs=LogBoard.SECURITY,
    )


def _ddos_attack(shell: _Shell) -> Incident:
    return Incident(
        IncidentKey.DDOS_ATTACK,
        "DDoS Attack",
        Team.SECURITY_INCIDENT,
        ("A flood of requests", "Many requests refused by the rate limiter"),
        (*_security_diagnosis(shell), Command("Rate limiting", shell.metric("rate_limit")), _limited_requests(shell)),
        (
            Cause("A flood from many sources", ("Immediately: enable rate limiting", "Find source and pattern")),
            Cause("Missing protection", ("Prevention: implement additional protections",)),
        ),
        logs=LogBoard.SECURITY,
    )


def _data_loss(shell: _Shell) -> Incident:
    settings = shell.settings
    directory = settings.backups.directory
    return Incident(
        IncidentKey.DATA_LOSS,
        "Data Loss and Recovery",
        Team.DATA_ISSUE,
        ("No recent backup", "A backup that cannot be restored", "Rows that should be there are not"),
        (
            Command("Newest backups", f"ls -lt {directory}/db_backup_*.sql.gz | head -5"),
            Command("Copies in S3", f"aws s3 ls s3://{settings.backups.s3_bucket}/{settings.service}/ | tail -5"),
            Command("Free space", f"df -h {directory}"),
            Command(
                "Oldest payment attempt",
                shell.sql("SELECT min(created_at) FROM payment_attempts;"),
            ),
        ),
        (
            Cause(
                "The backup job failed",
                (),
                (
                    Command("Look at the job", shell.kubectl("get cronjobs,jobs")),
                    Command("Back up now", shell.inside(f"payment-service backup --directory {directory}")),
                ),
            ),
            Cause(
                "A backup cannot be restored",
                (),
                (
                    Command("Read why the last verification failed", f"cat {directory}/{LAST_VERIFICATION}"),
                    Command("Verify again", shell.inside(f"payment-service verify-backup --directory {directory}")),
                ),
            ),
            Cause(
                "The database is lost",
                (),
                (
                    Command(
                        "Restore the database",
                        f"gunzip -c {directory}/db_backup_<time>.sql.gz | psql -h $DB_HOST -U $DB_USER -d $DB_NAME",
                    ),
                    Command("Restart the service", shell.kubectl(f"rollout restart deployment/{settings.service}")),
                    Command("Verify", f"curl {settings.urls.service}/health"),
                ),
            ),
        ),
    )
