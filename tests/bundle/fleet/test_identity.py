"""Which services are made alike: those that differ in nothing but words."""

from __future__ import annotations

import pytest

from payment_bundle.fleet.identity import anonymous
from payment_catalog.settings import Settings
from payment_catalog.settings.contact_points import SlackContact
from payment_catalog.settings.objectives import Levels
from payment_catalog.settings.places import Environment, Urls
from payment_catalog.thresholds import ThresholdKey

ONE = Settings.model_validate({"shared": True, "service": "shop"})


def alike(one: Settings, other: Settings) -> bool:
    return anonymous(one).key == anonymous(other).key


def changed(**settings: object) -> Settings:
    return ONE.model_copy(update=settings)


@pytest.mark.parametrize(
    "other",
    [
        changed(service="till", exporter="the-exporter-of-the-till", namespace="till"),
        changed(urls=ONE.urls.model_copy(update={"grafana": "https://10.1.2.3"})),
        changed(environments={"production": Environment(service=("a.b.example:8080",), exporter=("c:9877",))}),
        changed(logs=ONE.logs.model_copy(update={"s3_bucket": "an.other-bucket", "s3_prefix": "till-logs/"})),
    ],
)
def test_words_make_no_difference(other: Settings) -> None:
    assert alike(ONE, other)
    assert anonymous(ONE).words != anonymous(other).words


@pytest.mark.parametrize(
    "other",
    [
        changed(service="a-service-with-a-name-longer-than-a-uid"),
        changed(service="payment-service"),
        changed(service="yes"),
        changed(service="123"),
        changed(shared=False),
        changed(namespace="shop-exporter"),
        changed(environments={"production": Environment(service=("shop:8081",), exporter=("shop-exporter:9877",))}),
        changed(environments={"staging": ONE.environments["production"]}),
        changed(urls=Urls(grafana="http://grafana.yourdomain.com")),
        changed(urls=Urls(grafana="https://grafana.yourdomain.com/path")),
        changed(labels={"region": "eu"}),
        changed(thresholds={ThresholdKey.ERROR_RATIO: Levels(warning=0.02)}),
        changed(contact_points={**ONE.contact_points, "slack-oncall": SlackContact(type="slack", channel="@somebody")}),
    ],
)
def test_everything_else_does(other: Settings) -> None:
    assert not alike(ONE, other)


def test_a_level_that_is_off_is_another_than_one_left_out() -> None:
    off = changed(thresholds={ThresholdKey.ERROR_RATIO: Levels(warning=None, critical=0.1)})
    left_out = changed(thresholds={ThresholdKey.ERROR_RATIO: Levels(critical=0.1)})
    assert not alike(off, left_out)


@pytest.mark.parametrize("service", ["shop", "a-service-with-a-name-longer-than-a-uid"])
def test_placeholders_are_settings_as_good_as_the_words(service: str) -> None:
    found = anonymous(Settings.model_validate({"shared": True, "service": service}))
    dumped = found.settings.model_dump(mode="json", exclude={"thresholds", "routing"})
    assert Settings.model_validate(dumped).service == found.settings.service
    assert len(found.placeholders) == len(set(found.placeholders)) == len(found.words)
