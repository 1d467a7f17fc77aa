"""What the linter of Fluentd's configuration says, each with its line; and that it is silent on a sound one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payment_logging.fluentd.linting import fluentd_findings
from payment_logging.fluentd.linting.tags import covers, may_match, tag_parts
from payment_logging.fluentd.plugins import tables

SOUND = """\
<system>
  workers 2
  <log>
    format json
  </log>
</system>
<source>
  @type tail
  @id containers
  path /var/log/containers/*.log
  pos_file /var/log/containers.pos
  tag kubernetes.*
  @label @LOGS
  <parse>
    @type cri
    <parse>
      @type none
    </parse>
  </parse>
</source>
<source>
  @type prometheus
  port 24231
  <transport tls>
    cert_path /etc/tls.crt
    private_key_path /etc/tls.key
  </transport>
</source>
<source>
  @type prometheus_tail_monitor
  <labels>
    host ${hostname}
  </labels>
</source>
<label @LOGS>
  <filter kubernetes.**>
    @type record_transformer
    enable_ruby true
    <record>
      anything ${record["log"]}
      "with a blank" yes
    </record>
  </filter>
  <filter kubernetes.**>
    @type prometheus
    <metric>
      name errors_total
      type counter
      desc Errors
      <labels>
        level $.level
      </labels>
    </metric>
  </filter>
  <match kubernetes.**>
    @type rewrite_tag_filter
    <rule>
      key $.logger
      pattern /^audit/
      tag audit.${tag}
    </rule>
    <rule>
      key $.logger
      pattern /./
      tag application.${tag}
    </rule>
  </match>
  <match audit.**>
    @type s3
    s3_bucket audit
    path logs/%Y/%m/%d/
    <buffer time>
      @type file
      path /var/buffers/audit
      timekey 1h
      chunk_limit_size 64m
      total_limit_size 1g
    </buffer>
    <format>
      @type json
    </format>
  </match>
  <match application.**>
    @type copy
    <store ignore_error>
      @type elasticsearch
      hosts https://elasticsearch:9200
      password "#{ENV['PASSWORD']}"
      custom_headers {"X-Opaque-Id": "fluentd"}
      <buffer tag>
        @type file
        path /var/buffers/elasticsearch
        chunk_limit_size 8m
        total_limit_size 4g
      </buffer>
      <secondary>
        @type secondary_file
        directory /var/undelivered
      </secondary>
    </store>
    <store>
      @type relabel
      @label @COUNTED
    </store>
  </match>
</label>
<label @COUNTED>
  <match **>
    @type null
  </match>
</label>
<label @ERROR>
  <match **>
    @type stdout
  </match>
</label>
"""


def findings(text: str, **others: str) -> list[str]:
    files = {"fluent.conf": text} | {f"{name}.conf": content for name, content in others.items()}
    return [f"{finding.file}:{finding.line} {finding.rule}: {finding.message}" for finding in fluentd_findings(files)]


def changed(before: str, after: str) -> list[str]:
    assert SOUND.count(before) == 1, before
    return findings(SOUND.replace(before, after))


def test_a_sound_configuration_has_no_findings() -> None:
    assert findings(SOUND) == []


@pytest.mark.parametrize(
    ("before", "after", "at", "found"),
    [
        (
            "pos_file /var/log/containers.pos",
            "posfile /var/log/containers.pos",
            "posfile /var/log/containers.pos",
            "unknown-parameter: posfile is no parameter of <source> of type tail; did you mean pos_file?",
        ),
        ("tag kubernetes.*\n", "\n", "<source>", "missing-parameter: tag is missing in <source>"),
        ("s3_bucket audit\n", "\n", "<match audit.**>", "missing-parameter: s3_bucket is missing in <match audit.**>"),
        ("      desc Errors\n", "\n", "<metric>", "missing-parameter: desc is missing in <metric>"),
        ("port 24231", "port http", "port http", "wrong-value: port is 'http': expected a whole number"),
        ("timekey 1h", "timekey 100ms", "timekey 100ms", "wrong-value: timekey is '100ms': expected a duration"),
        ("size 8m", "size 8.5m", "chunk_limit_size 8.5m", "wrong-value: chunk_limit_size is '8.5m': expected a size"),
        (
            "enable_ruby true",
            "enable_ruby on",
            "enable_ruby on",
            "wrong-value: enable_ruby is 'on': expected true or fals",
        ),
        ("format json", "format jsonl", "format jsonl", "wrong-value: format is 'jsonl': expected one of text, json"),
        ("type counter", "type count", "type count", "wrong-value: type is 'count': expected one of counter, gauge"),
        (
            "<transport tls>",
            "<transport ssl>",
            "<transport ssl>",
            "wrong-value: the argument is 'ssl': expected one of tcp",
        ),
        (
            '{"X-Opaque-Id": "fluentd"}',
            '["fluentd"]',
            'custom_headers ["fluentd"]',
            "wrong-value: custom_headers is '[\"fluentd\"]'",
        ),
        (
            "pattern /./",
            "pattern /./igno",
            "pattern /./igno",
            "wrong-value: pattern is '/./igno': expected a regular expr",
        ),
        (
            "@type tail",
            "@type tial",
            "@type tial",
            "unknown-plugin: tial is no input plugin that is known here; did you",
        ),
        ("      @type none\n", "\n", "<parse>", "missing-parameter: <parse> names no plugin by @type"),
        ("@type json", "@type jsno", "@type jsno", "unknown-plugin: jsno is no formatter plugin"),
        (
            "<system>\n  workers",
            "<systme>\n</systme>\n<system>\n  workers",
            "<systme>",
            "unknown-section: <systme> is no",
        ),
        ("<store ignore_error>", "<stores>\n</stores>\n<store ignore_error>", "<stores>", "unknown-section: <stores>"),
        ("<format>", "<inject>\n</inject>\n<inject>\n</inject>\n<format>", "<inject>", "repeated: <inject> is written"),
        ("@id containers", "@id a\n  @id b", "@id b", "repeated: @id is written twice in <source>"),
        ("@id containers", "type tail", "type tail", "deprecated: type is the old name of @type"),
        (
            "@id containers",
            "format json",
            "format json",
            "deprecated: format is from Fluentd 0.12: write @type in <parse>",
        ),
        (
            "s3_bucket audit",
            "s3_bucket a\n  aws_iam_retries 3",
            "aws_iam_retries 3",
            "deprecated: aws_iam_retries is deprecated: ",
        ),
        (
            "hosts https",
            "index_prefix a\n  hosts https",
            "index_prefix a",
            "deprecated: index_prefix is gone, and Fluentd does",
        ),
        ("\"#{ENV['PASSWORD']}\"", "s3cr3t", "password s3cr3t", "secret: password is written literally"),
        (
            "https://elasticsearch",
            "https://a:b@elasticsearch",
            "hosts https://a:b@elasticsearch:9200",
            "secret: hosts has a password in its URL",
        ),
        ("@label @LOGS", "@label @LGOS", "@label @LGOS", "label: there is no <label @LGOS>: Fluentd does not start"),
        ("@label @COUNTED", "", "<store>", "label: <store> of type relabel names no @label"),
        ("@label @COUNTED", "@label @ERROR", "<label @COUNTED>", "label: nothing sends to @COUNTED"),
        ("@label @LOGS", "", "tag kubernetes.*", "tag: nothing in the top level matches kubernetes.*: they are lost"),
        (
            "<match application.**>",
            "<match app.**>",
            "tag application.${tag}",
            "tag: nothing in <label @LOGS> matches application.${tag}",
        ),
        (
            "<match application.**>",
            "<match app.**>",
            "<match app.**>",
            "tag: no source sends a tag that app.** matches",
        ),
        (
            "<match audit.**>",
            "<match **>",
            "<match application.**>",
            "unreachable: no event reaches application.**: <match **> at fl",
        ),
        ("<match application.**>", "<match audit.b.*>", "<match audit.b.*>", "unreachable: no event reaches audit.b.*"),
        (
            "tag audit.${tag}",
            "tag kubernetes.again",
            "tag kubernetes.again",
            "loop: kubernetes.again comes back to <match kuberne",
        ),
        (
            "directory /var",
            "@id containers\n  directory /var",
            "@id containers",
            "duplicate-id: @id containers is already",
        ),
        (
            "/var/buffers/elasticsearch",
            "/var/buffers/audit",
            "path /var/buffers/audit",
            "shared-path: path /var/buffers/audit is alre",
        ),
        ("      path /var/buffers/audit\n", "", "<buffer time>", "buffer-path: a buffer in files needs a path"),
        (
            "total_limit_size 4g",
            "",
            "<buffer tag>",
            "buffer-limits: the buffer of <store ignore_error> has no total_limit",
        ),
        (
            "<buffer time>",
            "<buffer tag>",
            "path logs/%Y/%m/%d/",
            "placeholders: path has the time in it: expected <buffer time>",
        ),
        (
            "logs/%Y",
            "logs/${tag}/%Y",
            "path logs/${tag}/%Y/%m/%d/",
            "placeholders: path has ${tag} in it: expected tag in <buffer time",
        ),
        ("<match audit.**>", "<match audit.**", "@type s3", "syntax: expected > at the end of <match"),
        ("</secondary>", "</second>", "</second>", "syntax: expected </secondary> for line 96, found </second>"),
    ],
)
def test_a_fault_is_found_at_its_line(before: str, after: str, at: str, found: str) -> None:
    assert SOUND.count(before) == 1
    text = SOUND.replace(before, after)
    lines = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == at]
    wanted = [f"fluent.conf:{number} {found}" for number in lines]
    assert any(finding.startswith(start) for finding in findings(text) for start in wanted), findings(text)


def test_time_in_a_path_of_elasticsearch_needs_a_time_key() -> None:
    text = "<match a>\n@type elasticsearch\nindex_name a-%Y\n<buffer time>\nchunk_limit_size 1m\ntotal_limit_size 1g\n"
    found = findings("<source>\n@type sample\ntag a\n</source>\n" + text + "</buffer>\n</match>\n")
    assert found == ["fluent.conf:8 placeholders: the chunk key time needs a timekey: Fluentd does not start"]


@pytest.mark.parametrize(
    ("path", "buffer", "found"),
    [
        ("/a/%Y/%m/%d", "<buffer time>\ntimekey 1h", ["path lacks %H"]),
        ("/a/%Y/%m/%d/%H", "<buffer time>\ntimekey 1h", []),
        ("/a/${tag}", "<buffer tag, time>\ntimekey 1d", []),
        ("/a", "<buffer tag,$.level>\n", ["path lacks ${tag} ${$.level}"]),
        ("/a", "<buffer>\n", []),
    ],
)
def test_a_files_path_tells_its_chunks_apart(path: str, buffer: str, found: list[str]) -> None:
    limits = "chunk_limit_size 1m\ntotal_limit_size 1g"
    said = findings(f"<match fluent.**>\n@type file\npath {path}\n{buffer}\n{limits}\n</buffer>\n</match>\n")
    assert [finding.split(": ")[1].split(",")[0] for finding in said] == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("format json\njson_parser json", ""),
        ("format regexp", "fluent.conf:6 missing-parameter: expression is missing in <pattern>"),
        (
            "format jsno",
            "fluent.conf:7 unknown-plugin: jsno is no parser plugin that is known here; did you mean json?",
        ),
        ("format_name a", "fluent.conf:6 missing-parameter: <pattern> names no plugin by format"),
    ],
)
def test_each_pattern_of_several_formats_is_a_parser(pattern: str, found: str) -> None:
    parse = f"<parse>\n@type multi_format\n<pattern>\n{pattern}\n</pattern>\n</parse>\n"
    said = findings(f"<filter fluent.**>\n@type parser\nkey_name log\n{parse}</filter>\n")
    assert [finding.startswith(found) for finding in said] == ([True] if found else [])


def test_a_filter_that_joins_lines_is_told_how() -> None:
    (found,) = findings("<filter fluent.**>\n@type concat\nkey log\n</filter>\n")
    assert found.startswith("fluent.conf:1 missing-parameter: <filter fluent.**> of type concat needs one of n_lines, ")


def test_an_output_that_changes_the_server_is_named() -> None:
    found = findings("<match fluent.**>\n@type elasticsearch_data_stream\ndata_stream_name logs-a-b\n</match>\n")
    assert any(
        finding.startswith("fluent.conf:2 changes-server: elasticsearch_data_stream: it creat") for finding in found
    )
    assert any("buffer-limits" in finding for finding in found)


def test_secrets_are_not_repeated_in_findings() -> None:
    assert "s3cr3t" not in "".join(changed("\"#{ENV['PASSWORD']}\"", "s3cr3t"))
    assert "s3cr3t" not in "".join(changed("https://elasticsearch", "https://a:s3cr3t@elasticsearch"))


def test_includes_are_joined_and_findings_name_the_included_file() -> None:
    whole = findings(
        "@include parts/*.conf\n@include /fluentd/etc/last.conf\n",
        **{
            "parts/1": "<source>\n  @type sample\n  tag a\n</source>\n",
            "parts/2": "<match a>\n  @type null\n  spam 1\n</match>\n",
            "last": "<match a>\n  @type null\n</match>\n",
        },
    )
    assert whole == [
        "last.conf:1 unreachable: no event reaches a: <match a> at parts/2.conf:1 takes them all before",
        "parts/2.conf:3 unknown-parameter: spam is no parameter of <match a> of type null",
    ]


def test_an_include_of_nothing_is_found() -> None:
    assert findings("\n@include absent.conf\n") == [
        "fluent.conf:2 include: no file is absent.conf: Fluentd goes on without"
    ]


def test_findings_have_the_directory_before_them() -> None:
    (found,) = fluentd_findings({"fluentd/fluent.conf": "<spam>\n</spam>\n"}, "generated")
    assert (found.file, found.line) == ("generated/fluentd/fluent.conf", 1)


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("input", {"tail", "forward", "http", "monitor_agent", "prometheus", "prometheus_output_monitor"}),
        ("parser", {"json", "regexp", "none", "multiline", "cri"}),
        ("filter", {"concat", "parser", "record_transformer", "record_modifier", "grep", "kubernetes_metadata"}),
        ("filter", {"prometheus", "elasticsearch_genid"}),
        ("output", {"rewrite_tag_filter", "relabel", "copy", "elasticsearch", "s3", "file", "secondary_file"}),
        ("output", {"null", "stdout", "forward", "detect_exceptions", "elasticsearch_data_stream"}),
        ("buffer", {"file", "file_single", "memory"}),
    ],
)
def test_the_plugins_of_a_payment_pipeline_are_known(kind: str, types: set[str]) -> None:
    assert types <= set(tables().types(kind))


def test_what_a_plugin_changes_of_its_base_leaves_the_rest() -> None:
    buffer = tables().plugins["output", "elasticsearch"].schema.sections["buffer"]
    assert buffer.parameters["timekey_use_utc"].default is True
    assert buffer.parameters["flush_interval"].default == 60
    assert buffer.argument is not None
    assert buffer.argument.default == ["tag"]


@pytest.mark.parametrize(
    ("pattern", "tag", "matches"),
    [
        ("**", "a.b", True),
        ("a.**", "a", True),
        ("a.**", "a.b.c", True),
        ("a.*", "a.b.c", False),
        ("a.*", "a.b", True),
        ("a.{b,c}.d", "a.c.d", True),
        ("a.{b,c}.d", "a.e.d", False),
        ("**.d", "a.b.d", True),
        ("a.b*", "a.bcd", True),
        ("a.b", "a.*", True),
        ("a.b.c", "a.${tag}", True),
        ("b.**", "a.${tag}", False),
        ("/a.+/", "b", True),
    ],
)
def test_a_pattern_may_match_a_tag(pattern: str, tag: str, matches: bool) -> None:
    assert may_match(pattern, tag_parts(tag)) is matches


PARTS = st.sampled_from(["a", "b", "*", "**", "{a,b}"])
PATTERNS = st.lists(PARTS, min_size=1, max_size=3).map(".".join)
TAGS = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map(".".join)


@given(PATTERNS, PATTERNS, TAGS)
def test_a_pattern_that_covers_another_matches_all_that_it_matches(wide: str, narrow: str, tag: str) -> None:
    if covers(wide, narrow) and may_match(narrow, tag_parts(tag)):
        assert may_match(wide, tag_parts(tag))
