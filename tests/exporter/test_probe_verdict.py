"""What an answer means. A readiness report may say anything: only what is declared becomes a figure."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_catalog.vocabulary import Dependency, ProbeEndpoint
from payment_exporter.probing.http_probe import LARGEST_BODY, Answer
from payment_exporter.probing.verdict import dependencies, problem

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(("checks", "up", "required", *Dependency, "other")), inner, max_size=4),
    ),
    max_leaves=12,
)


def report(body: bytes, status: int = 200, trouble: str = "") -> dict[Dependency, bool]:
    return dict(dependencies(Answer(status, body, 0.1, trouble)))


@pytest.mark.parametrize("status", [200, 503])
def test_a_report_tells_each_dependency(status: int) -> None:
    checks = {
        "database": {"up": True, "required": True},
        "redis": {"up": False, "required": False},
        "gateway": {"up": True, "required": False},
    }

    assert report(json.dumps({"status": "ready", "checks": checks}).encode(), status) == {
        Dependency.DATABASE: True,
        Dependency.REDIS: False,
        Dependency.GATEWAY: True,
    }


def test_what_is_not_declared_or_not_a_boolean_is_left_out() -> None:
    checks = {
        "database": {"up": 1},
        "redis": {"up": "true"},
        "gateway": {"up": None},
        "card 4111111111111111": {"up": True},
        "": {"up": True},
    }

    assert report(json.dumps({"checks": checks}).encode()) == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"null",
        b"[]",
        b"1",
        b'{"checks": null}',
        b'{"checks": ["database"]}',
        b'{"checks": "database"}',
        b'{"checks": {"database": true}}',
        b'{"checks": {"database": ["up"]}}',
        b'{"checks": {"database": {}}}',
        b'{"checks": {"database": {"up": true}}',
        b"\xff\xfe",
        b"\x00" * 100,
        b"[" * LARGEST_BODY,
        b'{"checks":' * (LARGEST_BODY // 10),
        b"9" * LARGEST_BODY,
        b'{"checks": {"database": {"up": NaN}}}',
    ],
    ids=lambda body: repr(body[:30]),
)
def test_strange_reports_say_nothing_and_do_no_harm(body: bytes) -> None:
    assert report(body) == {}


@given(JSON)
def test_any_json_gives_booleans_of_declared_dependencies(value: object) -> None:
    for dependency, up in report(json.dumps({"checks": value}).encode()).items():
        assert dependency in Dependency
        assert isinstance(value, dict)
        assert value[dependency]["up"] is up


@pytest.mark.parametrize(("status", "trouble"), [(404, ""), (302, ""), (500, ""), (200, "cut off")])
def test_only_a_whole_answer_of_the_readiness_check_is_a_report(status: int, trouble: str) -> None:
    assert report(b'{"checks": {"database": {"up": true}}}', status, trouble) == {}


@pytest.mark.parametrize("endpoint", [ProbeEndpoint.HEALTH, ProbeEndpoint.READY])
@pytest.mark.parametrize(
    ("status", "trouble", "expected"),
    [
        (200, "", ""),
        (204, "", "status 204"),
        (302, "", "status 302"),
        (404, "", "status 404"),
        (503, "", "status 503"),
        (200, "cut off", "cut off"),
        (0, "refused", "refused"),
    ],
)
def test_a_check_is_well_with_a_whole_answer_of_status_200(
    endpoint: ProbeEndpoint, status: int, trouble: str, expected: str
) -> None:
    assert problem(endpoint, Answer(status, b"", 0.1, trouble)) == expected


@pytest.mark.parametrize(
    ("status", "trouble", "expected"),
    [
        (200, "", ""),
        (302, "", ""),
        (401, "", ""),
        (404, "cut off", ""),
        (500, "", "status 500"),
        (502, "cut off", "status 502"),
        (0, "refused", "refused"),
    ],
)
def test_the_gateway_is_reachable_when_it_answers_below_500(status: int, trouble: str, expected: str) -> None:
    assert problem(ProbeEndpoint.GATEWAY, Answer(status, b"", 0.1, trouble)) == expected
