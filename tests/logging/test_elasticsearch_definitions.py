"""What Elasticsearch is given: fields that no line can change, the retention that is set, roles that may little."""

from __future__ import annotations

from datetime import timedelta

import pytest

from payment_catalog.log_streams import data_stream
from payment_catalog.settings import Settings
from payment_catalog.settings.storage import Retention
from payment_catalog.vocabulary import LogStream
from payment_logging.elasticsearch import definitions
from payment_logging.elasticsearch.definition import Definition, Kind
from payment_logging.elasticsearch.fields import ECS_NAMES, SEARCHED_FIELDS, properties
from payment_logging.elasticsearch.lifecycle import indices_by_age, rollover_age

#: ECS 8.17's own fields that we have under their names, with the types that it gives them.
ECS_TYPES = {
    "container.id": "keyword",
    "container.image.name": "keyword",
    "container.name": "keyword",
    "error.stack_trace": "text",  # wildcard there, with a text beside it
    "host.name": "keyword",
    "http.request.id": "keyword",
    "http.response.body.bytes": "long",
    "http.response.status_code": "long",
    "log.level": "keyword",
    "log.logger": "keyword",
    "message": "keyword",  # match_only_text there
    "orchestrator.namespace": "keyword",
    "orchestrator.resource.name": "keyword",
    "process.exit_code": "long",
    "process.pid": "long",
    "process.thread.name": "keyword",
    "span.id": "keyword",
    "trace.id": "keyword",
    "url.path": "keyword",  # wildcard there
}


def named(settings: Settings, file: str) -> Definition:
    (found,) = (each for each in definitions(settings) if each.file == file)
    return found


def test_every_name_of_ecs_leads_to_a_field_of_its_type() -> None:
    mapped = properties()
    assert {name: mapped[path]["type"] for name, path in ECS_NAMES.items()} == ECS_TYPES
    assert not any(name.startswith(f"{other}.") for name in ECS_NAMES for other in ECS_NAMES)


def test_no_field_takes_a_term_that_lucene_refuses() -> None:
    # Of a character UTF-8 makes four bytes at most.
    keywords = [field for field in properties().values() if field["type"] == "keyword"]
    assert keywords
    assert all(field["ignore_above"] * 4 <= 32_766 for field in keywords)


def test_fields_stay_far_below_the_limit_and_none_comes_from_a_line() -> None:
    template = named(Settings(), "component-template-mappings").body["template"]
    limit = named(Settings(), "component-template-settings").body["template"]["settings"]["index"]["mapping"]
    assert template["mappings"]["dynamic"] is False
    assert len(template["mappings"]["properties"]) < int(limit["total_fields"]["limit"]) / 2


def test_searches_without_a_field_look_into_fields_that_are_there() -> None:
    mapped = properties()
    names = {*mapped, *(f"{name}.{inner}" for name, field in mapped.items() for inner in field.get("fields", {}))}
    assert set(SEARCHED_FIELDS) <= names


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        (timedelta(days=30), "30d"),
        (timedelta(hours=36), "36h"),
        (timedelta(minutes=90), "90m"),
        (timedelta(seconds=90), "90000ms"),
    ],
)
def test_lines_are_deleted_when_the_settings_say(kept: timedelta, written: str) -> None:
    policy = named(Settings(retention=Retention(logs=kept)), "lifecycle-policy").body["policy"]
    assert policy["phases"].keys() == {"hot", "delete"}
    assert policy["phases"]["delete"]["min_age"] == written


@pytest.mark.parametrize(
    ("kept", "age", "indices"),
    [
        (timedelta(days=365), "7d", 54),
        (timedelta(days=30), "7d", 6),
        (timedelta(days=28), "7d", 5),
        (timedelta(days=8), "2d", 5),
        (timedelta(days=1), "6h", 5),
    ],
)
def test_no_line_outlives_its_time_by_more_than_a_quarter_and_few_lines_make_few_indices(
    kept: timedelta, age: str, indices: int
) -> None:
    policy = named(Settings(retention=Retention(logs=kept)), "lifecycle-policy").body["policy"]
    assert policy["phases"]["hot"]["actions"]["rollover"] == {"max_age": age, "max_primary_shard_size": "25gb"}
    assert rollover_age(kept) <= kept / 4
    assert indices_by_age(kept) == indices


def test_names_follow_the_service() -> None:
    settings = Settings(service="till")
    assert data_stream(settings, LogStream.AUDIT) == "logs-till-audit"
    assert named(settings, "index-template").body["index_patterns"] == ["logs-till-*"]
    assert {each.name.partition("@")[0] for each in definitions(settings) if each.kind is not Kind.ROLE} == {
        "logs-till"
    }


def test_fluentd_cannot_read_and_readers_cannot_write() -> None:
    writer = named(Settings(), "role-writer").body["indices"][0]["privileges"]
    assert set(writer) == {"create_doc", "auto_configure"}
    for reader in ("role-exporter", "role-reader"):
        assert set(named(Settings(), reader).body["indices"][0]["privileges"]) <= {"read", "view_index_metadata"}


def test_a_version_changes_with_its_content_and_with_nothing_else() -> None:
    def versions(settings: Settings) -> dict[str, str]:
        found = {}
        for each in definitions(settings):
            about = each.body.get("_meta") or each.body.get("metadata") or each.body["policy"]["_meta"]
            assert about["managed_by"] == "payobs"
            found[each.file] = about["version"]
        return found

    before, after = versions(Settings()), versions(Settings(retention=Retention(logs=timedelta(days=7))))
    assert before == versions(Settings())
    assert {file for file in before if before[file] != after[file]} == {"lifecycle-policy"}
