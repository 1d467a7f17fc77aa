"""The runbook's checklists of who meets an incident."""

from __future__ import annotations

#: The runbook's *Security Response Checklist*.
SECURITY_CHECKLIST: dict[str, tuple[str, ...]] = {
    "Immediate actions (first hour)": (
        "Identify and isolate affected systems",
        "Revoke compromised credentials",
        "Enable enhanced monitoring",
        "Notify security team",
        "Document timeline",
    ),
    "Investigation actions (first 24 hours)": (
        "Analyze audit logs",
        "Assess data exposure scope",
        "Identify attack vector",
        "Collect forensic evidence",
        "Plan remediation",
    ),
    "Recovery actions (following days)": (
        "Patch vulnerabilities",
        "Restore from clean backups",
        "Implement additional controls",
        "Update incident response plan",
        "Conduct security training",
    ),
}

#: The runbook's checklist *Before Escalation*.
BEFORE_ESCALATION: tuple[str, ...] = (
    "Document all troubleshooting steps taken",
    "Gather relevant logs and metrics",
    "Assess business impact",
    "Prepare incident summary",
)

#: The runbook's *Escalation Process*.
ESCALATION_PROCESS: tuple[str, ...] = (
    "Contact L2 support via Slack/Phone",
    "Share incident context and timeline",
    "Provide access to relevant systems",
    "Monitor escalation progress",
    "Document resolution",
)

#: The runbook's *Communication*.
COMMUNICATION: tuple[str, ...] = (
    "Create incident Slack channel",
    "Notify stakeholders based on severity",
    "Post status updates every 15 minutes",
    "Document all actions taken",
)
