"""The operator's objects: valid by its definitions, and the same scrapes, rules and routes as the plain files."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cloudcoil.models.prometheus_operator import v1, v1alpha1
from kubernetes_house import Files, kubernetes_files
from pydantic import ValidationError

from payment_alerts.alertmanager import configuration
from payment_alerts.groups import alert_groups
from payment_alerts.operator import fleet_operator, operator
from payment_alerts.operator.alertmanager_config import matcher
from payment_alerts.prometheus import prometheus
from payment_alerts.rules import rules
from payment_alerts.sharing import rules_of_fleet, rules_of_service
from payment_bundle.rendering import render
from payment_catalog.catalog import Catalog, build_catalog
from payment_catalog.errors import ForeseenError
from payment_catalog.mute_time import MuteTime
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import EmailContact, SlackContact, Smtp, WebhookContact
from payment_catalog.settings.places import Environment
from payment_catalog.settings.routing import Routing
from payment_catalog.severities import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payment_alerts.alert import AlertGroup

SHOP = Settings(
    service="shop",
    exporter="shop-exporter",
    namespace="trade",
    environments={
        "production": Environment(
            service=("a:1",), exporter=("b:1",), kube_state_metrics=("c:1",), kubelet=("d:1",), fluentd=("e:1",)
        ),
        "staging": Environment(service=("f:1",), exporter=("g:1",), page=False),
    },
    contact_points={
        **Settings().contact_points,
        "switch": WebhookContact(type="webhook", url="https://hc-ping.com/check", token_file="/secrets/token"),
    },
    smtp=Smtp(username="alerts"),
    routing=Routing(
        dead_mans_switch="switch",
        mute_times={
            "night": MuteTime(start="22:00", end="07:00"),
            "weekend": MuteTime(priorities=(Priority.P2, Priority.P3), location="Asia/Kuala_Lumpur"),
        },
    ),
)
KINDS: dict[str, Any] = {
    "PrometheusRule": v1.PrometheusRule,
    "ServiceMonitor": v1.ServiceMonitor,
    "PodMonitor": v1.PodMonitor,
    "AlertmanagerConfig": v1alpha1.AlertmanagerConfig,
}
#: What etcd takes in one request, and so an object holds (--max-request-bytes is 1.5 MiB), less what the server adds.
MOST_BYTES = 1024 * 1024


class House:
    """A bundle, and the operator's objects for it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.catalog: Catalog = build_catalog(settings)
        self.groups: tuple[AlertGroup, ...] = alert_groups(self.catalog)
        self.files: Files = kubernetes_files(settings, lambda catalog: operator(catalog, self.groups))

    def objects(self) -> Iterator[dict[str, Any]]:
        for path in self.files.texts:
            content = self.files.content(path)
            yield from content["items"] if content["kind"] == "List" else [content]

    def monitors(self, environment: str) -> dict[str, dict[str, Any]]:
        """Each monitor that is there in an environment, by the job that it makes."""
        own = self.files.content(f"kubernetes/overlays/{environment}/monitors.yaml")["items"]
        shared = [self.files.content(path) for path in self.files.below("kubernetes/base") if "monitor-" in path]
        return {job_of(each): each for each in (*own, *shared)}

    @property
    def routing(self) -> dict[str, Any]:
        """The specification of the AlertmanagerConfig."""
        found: dict[str, Any] = self.files.content("kubernetes/base/alertmanagerconfig.yaml")["spec"]
        return found


@pytest.fixture(scope="module")
def shop() -> House:
    return House(SHOP)


@pytest.fixture(scope="module", params=[Settings(), SHOP], ids=["defaults", "shop"])
def house(request: pytest.FixtureRequest) -> House:
    return House(request.param)


def accepted(content: dict[str, Any]) -> bool:
    """Whether an object is valid by the operator's definitions, and has no field that they do not know."""
    try:
        read = KINDS[content["kind"]].model_validate(content)
    except ValidationError:
        return False
    return bool(read.model_dump(mode="json", by_alias=True, exclude_unset=True) == content)


def endpoints(monitor: dict[str, Any]) -> list[dict[str, Any]]:
    spec = monitor["spec"]
    found: list[dict[str, Any]] = spec["endpoints"] if "endpoints" in spec else spec["podMetricsEndpoints"]
    return found


def job_of(monitor: dict[str, Any]) -> str:
    return labels_of(endpoints(monitor)[0])["job"]


def labels_of(endpoint: dict[str, Any]) -> dict[str, str]:
    """The labels of a target, as Prometheus relabels what the operator gives it."""
    # What the operator sets before: https://prometheus-operator.dev/docs/developer/getting-started/.
    labels = dict.fromkeys(("namespace", "service", "pod", "container", "endpoint", "job", "node"), "the operator's")
    labels |= {"__meta_kubernetes_pod_name": "the pod", "__address__": "10.0.0.1:8080"}
    for rule in endpoint["relabelings"]:
        if rule["action"] == "labeldrop":
            labels = {name: value for name, value in labels.items() if not re.fullmatch(rule["regex"], name)}
        else:
            assert rule["action"] == "replace"
            labels[rule["targetLabel"]] = rule.get("replacement") or labels[rule["sourceLabels"][0]]
    labels.setdefault("instance", labels["__address__"])
    return {name: value for name, value in labels.items() if not name.startswith("__")}


def test_every_object_is_valid_and_nothing_in_it_is_unknown(house: House) -> None:
    for content in house.objects():
        assert accepted(content), content["metadata"]["name"]
        assert content["metadata"]["namespace"] == house.settings.namespace


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("PrometheusRule", ("spec", "groups", 0, "rules", 0)),
        ("ServiceMonitor", ("spec", "endpoints", 0)),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "relabelings", 0)),
        ("AlertmanagerConfig", ("spec", "receivers", 1, "slackConfigs", 0)),
    ],
)
def test_the_definitions_notice_a_field_that_is_none(shop: House, kind: str, path: tuple[str | int, ...]) -> None:
    content = next(each for each in shop.objects() if each["kind"] == kind)
    place: Any = content
    for step in path:
        place = place[step]
    assert accepted(content)
    place["intervall"] = "1m"
    assert not accepted(content)


def test_no_object_is_too_large(house: House) -> None:
    assert max(len(text.encode()) for text in house.files.texts.values()) < MOST_BYTES


def test_rules_are_those_of_the_rule_files(house: House) -> None:
    found = [each for each in house.objects() if each["kind"] == "PrometheusRule"]
    written = {
        f"{house.settings.service}-{PurePosixPath(path).stem}": yaml.safe_load(render(path, document))
        for path, document in rules(house.catalog, house.groups).items()
    }
    assert {each["metadata"]["name"]: each["spec"] for each in found} == written
    assert len(found) == len(written)


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_series_have_the_labels_that_prometheus_yml_gives_them(shop: House, environment: str) -> None:
    document = prometheus(shop.catalog)["prometheus/prometheus.yml"]
    content: Any = document.content  # type: ignore[union-attr]
    monitors = shop.monitors(environment)
    jobs = {job["job_name"]: job for job in content["scrape_configs"]}
    assert set(monitors) == set(jobs)
    for name, job in jobs.items():
        expected = next(
            each["labels"]
            for each in job["static_configs"]
            if each["labels"]["environment"] in {environment, "monitoring", "production"}
        )
        own = {"environment": environment} if expected["environment"] != "monitoring" else {}
        for endpoint in endpoints(monitors[name]):
            found = labels_of(endpoint)
            assert found.pop("instance")
            assert found == {**expected, "job": name, **own}
            assert endpoint["interval"] == content["global"]["scrape_interval"]
            assert endpoint["scrapeTimeout"] == content["global"]["scrape_timeout"]


def test_instances_are_called_as_their_pods_are(shop: House) -> None:
    monitors = shop.monitors("production")
    called = {job: {labels_of(each)["instance"] for each in endpoints(it)} for job, it in monitors.items()}
    assert {job for job, names in called.items() if names == {"the pod"}} == set(monitors) - {
        "kube-state-metrics",
        "cadvisor",
    }


@pytest.mark.parametrize("job", ["kube-state-metrics", "cadvisor"])
def test_kubernetes_is_scraped_as_prometheus_yml_does(shop: House, job: str) -> None:
    content: Any = prometheus(shop.catalog)["prometheus/prometheus.yml"].content  # type: ignore[union-attr]
    (plain,) = (each for each in content["scrape_configs"] if each["job_name"] == job)
    (endpoint,) = endpoints(shop.monitors("production")[job])
    assert endpoint["honorLabels"] == plain["honor_labels"]
    (kept,), (expected,) = endpoint["metricRelabelings"], plain["metric_relabel_configs"]
    assert kept == {
        "sourceLabels": expected["source_labels"],
        "regex": expected["regex"],
        "action": expected["action"],
    }
    assert endpoint.get("path") == plain.get("metrics_path")
    assert endpoint.get("scheme") == plain.get("scheme")
    if job == "cadvisor":
        assert endpoint["bearerTokenFile"] == plain["authorization"]["credentials_file"]
        assert endpoint["tlsConfig"] == {"caFile": plain["tls_config"]["ca_file"]}
        assert endpoint["honorTimestamps"] is plain["honor_timestamps"]


def test_no_target_is_scraped_twice(house: House) -> None:
    for environment in house.settings.environments:
        items = house.files.content(f"kubernetes/overlays/{environment}/monitors.yaml")["items"]
        selected = [(each["kind"], str(each["spec"]["selector"])) for each in items]
        assert len(set(selected)) == len(selected)


def plain_matcher(part: dict[str, str]) -> str:
    return f'{part["name"]}{part["matchType"]}"{part["value"]}"'


def plain_route(route: dict[str, Any]) -> dict[str, Any]:
    """A route of the object as the operator writes it into alertmanager.yml."""
    names = {
        "groupBy": "group_by",
        "groupWait": "group_wait",
        "groupInterval": "group_interval",
        "repeatInterval": "repeat_interval",
        "muteTimeIntervals": "mute_time_intervals",
    }
    found = {names.get(key, key): value for key, value in route.items()}
    if "matchers" in found:
        found["matchers"] = [plain_matcher(each) for each in found["matchers"]]
    if "routes" in found:
        found["routes"] = [plain_route(each) for each in found["routes"]]
    return found


def without_unsaid(route: dict[str, Any]) -> dict[str, Any]:
    """The route of alertmanager.yml without mute times that an AlertmanagerConfig cannot say."""
    muted = [name for name in route.get("mute_time_intervals", []) if name != "weekend"]
    return {
        **{key: value for key, value in route.items() if key != "mute_time_intervals"},
        **({"mute_time_intervals": muted} if muted else {}),
        **({"routes": [without_unsaid(each) for each in route["routes"]]} if "routes" in route else {}),
    }


def test_routes_are_those_of_alertmanager_yml_for_alerts_of_ours(house: House) -> None:
    route = plain_route(house.routing["route"])
    assert route.pop("matchers") == ['priority=~"P0|P1|P2|P3"']
    assert route == without_unsaid(configuration(house.catalog, house.groups)["route"])
    # So that none of ours is left out by that.
    for group in house.groups:
        for alert in group.alerts:
            labels = alert.labels(house.catalog)
            # An escalation has that of what it escalates.
            assert "priority" in alert.from_series or labels["priority"] in set(Priority)


def test_inhibitions_are_those_of_alertmanager_yml(house: House) -> None:
    found = [
        {
            "source_matchers": [plain_matcher(each) for each in rule["sourceMatch"]],
            "target_matchers": [plain_matcher(each) for each in rule["targetMatch"]],
            "equal": rule["equal"],
        }
        for rule in house.routing["inhibitRules"]
    ]
    assert found == configuration(house.catalog, house.groups)["inhibit_rules"]


def test_a_matcher_with_more_than_a_plain_value_is_refused() -> None:
    with pytest.raises(ValueError, match="is no matcher"):
        matcher(r'team="a\"b"')


def test_receivers_say_the_same_to_the_same_people(house: House) -> None:
    plain = configuration(house.catalog, house.groups)
    written = {each["name"]: each for each in house.routing["receivers"]}
    assert set(written) == {each["name"] for each in plain["receivers"]}
    for expected in plain["receivers"]:
        found = written[expected["name"]]
        for kind, theirs in (
            ("slack_configs", "slackConfigs"),
            ("pagerduty_configs", "pagerdutyConfigs"),
            ("email_configs", "emailConfigs"),
            ("webhook_configs", "webhookConfigs"),
        ):
            assert len(found.get(theirs, [])) == len(expected.get(kind, []))
            for each, other in zip(found.get(theirs, []), expected.get(kind, []), strict=True):
                assert said(each) == said(other)


def said(content: dict[str, Any]) -> set[str]:
    """Every text of an integration that people or receivers see, without where its secrets are."""
    found: set[str] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            if set(value) == {"name", "key"}:
                return
            for key, each in value.items():
                if key not in {"from", "smarthost", "authUsername"} and not key.endswith("_file"):
                    collect(each)
        elif isinstance(value, list):
            for each in value:
                collect(each)
        elif isinstance(value, str):
            found.add(value)

    collect(content)
    # The keys of maps, which the object has as pairs, and headers.
    return found - {"Subject", "urgency", "asked", "firing", "resolved", "first_commands"}


def test_secrets_are_keys_of_one_secret_in_the_namespace(shop: House) -> None:
    found: set[tuple[str, str]] = set()

    def collect(value: Any) -> None:
        if isinstance(value, dict):
            if set(value) == {"name", "key"}:
                found.add((value["name"], value["key"]))
            for each in value.values():
                collect(each)
        elif isinstance(value, list):
            for each in value:
                collect(each)

    collect(shop.routing["receivers"])
    assert {name for name, _ in found} == {"shop-alertmanager"}
    assert {key for _, key in found} == {
        "pagerduty-routing-key",
        "pagerduty-escalation-routing-key",
        "slack-url",
        "smtp-password",
        "token",
    }
    text = shop.files.texts["kubernetes/base/alertmanagerconfig.yaml"]
    assert "/etc/alertmanager/secrets" not in text


def test_two_secrets_with_one_key_are_a_clear_error() -> None:
    settings = Settings(
        contact_points={
            **Settings().contact_points,
            "slack-payments": SlackContact(type="slack", channel="#a", url_file="/other/slack-url"),
        }
    )
    with pytest.raises(
        ForeseenError, match=r"/other/slack-url: both are the key slack-url of the Secret payment-service-"
    ):
        House(settings)


def test_mail_goes_through_the_server_of_the_settings(shop: House) -> None:
    (mail,) = next(each["emailConfigs"] for each in shop.routing["receivers"] if "emailConfigs" in each)
    assert (mail["from"], mail["smarthost"]) == (SHOP.smtp.sender, SHOP.smtp.smarthost)
    assert mail["authUsername"] == "alerts"
    assert isinstance(SHOP.contact_points["security-team"], EmailContact)


def test_times_of_another_zone_mute_nothing(shop: House) -> None:
    (interval,) = shop.routing["muteTimeIntervals"]
    assert interval["name"] == "night"
    assert all(set(each) == {"weekdays", "times"} for each in interval["timeIntervals"])
    assert "weekend" not in str(shop.routing["route"])
    assert "night" in str(shop.routing["route"])


def test_services_with_one_alertmanager_route_their_own_alerts_alone() -> None:
    settings = Settings(service="wallet", shared=True)
    catalog = build_catalog(settings)
    groups = alert_groups(catalog)
    wallet = kubernetes_files(settings, lambda found: operator(found, rules_of_service(settings, groups)))
    fleet = kubernetes_files(settings, lambda found: fleet_operator(found, groups, rules_of_fleet(settings, groups)))

    def route(files: Files) -> list[str]:
        content = files.content("kubernetes/base/alertmanagerconfig.yaml")
        return [plain_matcher(each) for each in content["spec"]["route"]["matchers"]]

    def rules(files: Files) -> set[str]:
        return {
            rule["alert"]
            for path in files.below("kubernetes/base")
            if "prometheusrule-" in path
            for group in files.content(path)["spec"]["groups"]
            for rule in group["rules"]
            if "alert" in rule
        }

    assert route(wallet) == ['priority=~"P0|P1|P2|P3"', 'namespace=~"wallet"']
    # What no service has itself: the Watchdog has no namespace.
    assert route(fleet) == ['priority=~"P0|P1|P2|P3"', 'namespace=~"|wallet"']
    assert rules(wallet).isdisjoint(rules(fleet))
    assert rules(wallet) | rules(fleet) == {alert.name for group in groups for alert in group.alerts}
    assert not [path for path in wallet.texts if "servicemonitor-" in path]
    assert [path for path in fleet.texts if "servicemonitor-" in path]
    # So that each alert of a service is taken by its own route.
    for group in rules_of_service(settings, groups):
        for alert in group.alerts:
            for scenario in alert.scenarios:
                assert all(fired.get("namespace") == "wallet" for fired in scenario.firing), alert.name
