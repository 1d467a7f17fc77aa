"""A template makes what ``payobs generate`` makes, to the byte, whatever the services are called."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from payment_bundle.fleet.identity import anonymous
from payment_bundle.fleet.making import Service, bundle_from, bundle_of, proven
from payment_bundle.generation import generate_documents
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,23}[a-z0-9]", fullmatch=True)
LONG_NAMES = st.from_regex(r"[a-z][a-z0-9-]{25,52}[a-z0-9]", fullmatch=True)
SMALL = st.from_regex(r"[a-z][a-z0-9.-]{0,30}[a-z0-9]", fullmatch=True) | st.ip_addresses(v=4).map(str)
WITH_CAPITALS = st.from_regex(r"[A-Z][a-zA-Z0-9.-]{0,30}[a-z0-9]", fullmatch=True)


@st.composite
def fleets(draw: st.DrawFn, names: st.SearchStrategy[str]) -> tuple[Settings, ...]:
    """Return three services whose settings may be anything that is only printed."""
    hosts = draw(st.sampled_from([SMALL, WITH_CAPITALS]))
    region, channel = (
        draw(st.sampled_from(["eu", "no", "ap-1", "12"])),
        draw(st.sampled_from(["#a_b", "#till", "@x.y"])),
    )
    base = {"shared": True, "contact_points": {"pager": {"type": "slack", "channel": channel}}}
    base |= {"routing": {"priorities": {f"P{level}": ["pager"] for level in range(4)}, "teams": {}, "escalation": {}}}
    services = draw(st.lists(names, min_size=3, max_size=3, unique=True))
    return tuple(
        Settings.model_validate(
            {
                **base,
                "service": service,
                "namespace": draw(NAMES),
                "labels": {"region": region},
                "urls": {what: f"https://{draw(hosts)}/{draw(NAMES)}" for what in ("kibana", "prometheus")},
                "environments": {
                    "production": {
                        "service": [f"{draw(hosts)}:8080"],
                        "exporter": [f"{draw(hosts)}:9877"],
                        "page": False,
                    },
                    "eu-west": {"service": [f"{draw(hosts)}:80"], "exporter": [f"{draw(hosts)}:81"]},
                },
            }
        )
        for service in services
    )


# Each example generates three services for real.
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(fleets(NAMES | LONG_NAMES))
def test_a_template_makes_what_generate_makes(services: tuple[Settings, ...]) -> None:
    first, *_, last = services
    assume(anonymous(first).key == anonymous(last).key)
    model = proven(Service(first, path="first"), bundle_from(generate_documents(build_catalog(first))))
    made, real = bundle_of(Service(last, path="last"), model), bundle_from(generate_documents(build_catalog(last)))
    assert list(made.rendered) == list(real.rendered)
    assert [path for path, content in real.rendered.items() if made.rendered[path] != content] == []
    assert made.manifest == real.manifest
    some = bundle_of(Service(last, path="last"), model.only(frozenset({"prometheus", "fluentd"}))).rendered
    assert some == {path: it for path, it in real.rendered.items() if path.startswith(("prometheus/", "fluentd/"))}
