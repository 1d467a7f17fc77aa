"""``payobs push alertmanager``: replaces the routing of a tenant where it differs and nobody else made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from payment_bundle.differences.alertmanager import routing_differences
from payment_bundle.push_run import first_of
from payment_bundle.ruler.connection import RefusedError
from payment_bundle.ruler.routing import is_ours

if TYPE_CHECKING:
    from payment_bundle.push_run import Say
    from payment_bundle.ruler.api import Routing, TenantRouting


def push(wanted: Routing, tenant: TenantRouting, say: Say, *, dry_run: bool, force: bool) -> bool:
    """Send ``wanted`` where it differs; return whether it is there afterwards. Raises RulerError."""
    place = tenant.connection.server.shown
    there = tenant.stored()
    if there is not None and _is_same(there, wanted):
        say(f"{place}: nothing to send, routing and {len(wanted.template_files)} templates are as generated")
        return True
    if there is not None:
        lines = [difference.line.lstrip() for difference in routing_differences(there, wanted)]
        for line in first_of(lines, "payobs diff alertmanager --tenant"):
            say(f"  {line}")
        if not (force or is_ours(there)):
            say(f"{place}: the tenant has a configuration of somebody else's, which a push replaces as a whole")
            say(f"{place}: nothing sent; put what is worth keeping into the bundle, then --force replaces it")
            return False
    done = "created" if there is None else "updated"
    if dry_run:
        say(f"{place}: routing would be {done} (dry run, nothing sent)")
        return True
    try:
        tenant.set(wanted)
    except RefusedError as error:
        say(f"  ! routing: not pushed; {error}")
        return False
    say(f"{place}: routing {done}, with {len(wanted.template_files)} templates")
    return True


def _is_same(there: Routing, wanted: Routing) -> bool:
    """Whether both are the same to the letter, but for how the YAML is written."""
    if there.template_files != wanted.template_files:
        return False
    try:
        left, right = (yaml.load(it.alertmanager_config, Loader=yaml.CSafeLoader) for it in (there, wanted))
    except yaml.YAMLError:
        return False
    return bool(left == right)
