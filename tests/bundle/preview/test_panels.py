"""Every kind of panel, drawn from a real Prometheus."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bundle.preview import everything
from bundle.preview.conftest import SCRAPE, remembered, view_of
from bundle.preview.history import BUCKETS, HOSTILE, began
from markupsafe import escape
from sockets import free_port

from payment_bundle.preview.colours import hexadecimal, readable_on
from payment_bundle.preview.data import PanelData, asked, frames
from payment_bundle.preview.documents import DashboardError, dashboards_of, read_dashboards
from payment_bundle.preview.drawn import Drawn, State
from payment_bundle.preview.export import export
from payment_bundle.preview.field_config import Step, Thresholds
from payment_bundle.preview.panels import draw
from payment_bundle.preview.queries import Answers
from payment_bundle.preview.rendering import Rendered, render_view
from payment_bundle.preview.variables import first_choices
from payment_bundle.preview.view import View
from payment_bundle.prometheus_api import PrometheusApi
from payment_catalog.catalog import build_catalog
from payment_catalog.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from payment_bundle.preview.documents import Dashboards

GREEN, ORANGE, RED = "#73BF69", "#FF9830", "#F2495C"


def drawn(rendered: Rendered, title: str) -> Drawn:
    panel = next(panel for panel in rendered.view.dashboard.panels if panel.title == title)
    return rendered.panels[panel.id]


def figure(rendered: Rendered, title: str) -> dict[str, Any]:
    found = drawn(rendered, title).figure
    assert found is not None
    content: dict[str, Any] = json.loads(json.dumps(found.as_json(), allow_nan=False))
    return content


def words(drawn: Drawn) -> list[str]:
    """The texts that people see, in order."""
    return [text.strip() for text in re.sub(r"<[^>]*>", "\n", drawn.html).splitlines() if text.strip()]


def test_variables_have_their_options(rendered: Rendered) -> None:
    options = {name: choice.options for name, choice in rendered.view.choices.items()}
    assert options["environment"] == ("production", "staging")
    assert set(options["route"]) == {"/orders", "/refunds", HOSTILE}


def test_a_choice_narrows_the_panels(dashboards: Dashboards, prometheus: PrometheusApi) -> None:
    staging = render_view(view_of(dashboards, environment=["staging"]), prometheus)
    assert drawn(staging, "Failing").state is State.EMPTY
    assert [trace["name"] for trace in figure(staging, "Orders by route, stacked")["data"]] == ["/orders"]
    both = render_view(view_of(dashboards, environment=["staging", "production"]), prometheus)
    assert drawn(both, "Failing").state is State.DRAWN


def test_stat(rendered: Rendered) -> None:
    assert words(drawn(rendered, "Failing")) == ["0.4%"]
    assert f"--colour:{GREEN};--ink:#000000" in drawn(rendered, "Failing").html
    assert '<path class="line" d="M0.00 ' in drawn(rendered, "Failing").html
    assert words(drawn(rendered, "Breaker")) == ["fiuu", "closed"]


def test_nothing_has_its_own_words(rendered: Rendered) -> None:
    assert drawn(rendered, "Nothing").state is State.EMPTY
    assert words(drawn(rendered, "Nothing")) == ["nothing was measured"]


def test_bar_gauge(rendered: Rendered) -> None:
    texts = words(drawn(rendered, "Orders by route"))
    assert texts[0::2] == ["/orders", "/refunds", str(escape(HOSTILE))]
    assert all(text.endswith(" req/s") for text in texts[1::2])
    shares = [float(share) for share in re.findall(r"--share:([\d.]+)%", drawn(rendered, "Orders by route").html)]
    assert shares == sorted(shares, reverse=True)


def test_lines_with_thresholds_events_and_links(rendered: Rendered) -> None:
    chart = figure(rendered, "Failing over time")
    (line,) = chart["data"]
    assert (line["line"]["color"], line["line"]["width"], line["fill"]) == (GREEN, 2, "tozeroy")
    assert {round(value, 3) for value in line["y"]} == {0.004, 0.014}
    assert line["text"][0] == "0.400%"
    assert chart["layout"]["yaxis"]["ticktext"] == ["0%", "0.5%", "1%", "1.5%", "2%"]
    limits = [shape for shape in chart["layout"]["shapes"] if shape.get("name") == "threshold"]
    assert [(one["y0"], one["line"]["color"], one["line"]["dash"]) for one in limits] == [
        (0.005, ORANGE, "dash"),
        (0.01, RED, "dash"),
    ]
    assert {event["title"] for event in chart["events"]} == {"FailingHigh", f"Started {HOSTILE}"}
    alert = next(event for event in chart["events"] if event["title"] == "FailingHigh")
    minutes = [round((alert[end] / 1000 - began().timestamp()) / 60) for end in ("start", "end")]
    assert minutes == [62, 82]
    assert "q=%2Forders&amp;at=" in drawn(rendered, "Failing over time").html


def test_the_largest_exemplars_are_marked_with_their_labels(dashboards: Dashboards, rendered: Rendered) -> None:
    panel = next(panel for panel in dashboards["everything"].panels if panel.id == 7)
    (target,) = asked(rendered.view, panel)
    assert target.exemplars is not None
    answer = [
        {
            "seriesLabels": {"__name__": "x", "route": HOSTILE},
            "exemplars": [
                {
                    "timestamp": began().timestamp() + 60 + number,
                    "value": f"0.00{number}",
                    "labels": {"trace_id": f"t{number}"},
                }
                for number in range(5)
            ],
        }
    ]
    series = {"resultType": "matrix", "result": [{"metric": {}, "values": [[began().timestamp(), "0.01"]]}]}
    answers = Answers({target.question: series, target.exemplars: answer})
    data = PanelData(frames((target,), answers), answers.exemplars(target.exemplars))
    drawn_panel = draw(panel, data, rendered.view)
    assert drawn_panel.figure is not None
    marks = drawn_panel.figure.traces[-1]
    assert (marks["name"], marks["y"]) == ("exemplar", [0.003, 0.004])
    assert marks["text"][-1] == f"0.400% route={HOSTILE} trace_id=t4"


def test_before_a_transparent_step_a_limit_is_one_from_above(dashboards: Dashboards, prometheus: PrometheusApi) -> None:
    panel = next(panel for panel in dashboards["everything"].panels if panel.id == 7)
    steps = (Step(color="red"), Step(color="orange", value=0.005), Step(color="transparent", value=0.01))
    defaults = panel.field_config.defaults.model_copy(update={"thresholds": Thresholds(steps=steps)})
    config = panel.field_config.model_copy(update={"defaults": defaults})
    view = view_of(dashboards)
    one = view.dashboard.model_copy(update={"panels": (panel.model_copy(update={"field_config": config}),)})
    chart = figure(render_view(replace(view, dashboard=one), prometheus), "Failing over time")
    limits = [shape for shape in chart["layout"]["shapes"] if shape.get("name") == "threshold"]
    assert [(one["y0"], one["line"]["color"]) for one in limits] == [(0.005, RED), (0.01, ORANGE)]


def test_stacked_areas_and_an_axis_on_the_right(rendered: Rendered) -> None:
    chart = figure(rendered, "Orders by route, stacked")
    by_name = {trace["name"]: trace for trace in chart["data"]}
    assert [by_name[name]["stackgroup"] for name in ("/orders", "/refunds", HOSTILE)] == ["A"] * 3
    assert by_name["/refunds"]["line"]["color"] == "#FA6400"
    queue = by_name["queue"]
    assert (queue["yaxis"], queue["line"]["dash"], "stackgroup" in queue) == ("y2", "dash", False)
    assert chart["layout"]["yaxis2"]["ticktext"][-1].endswith(" MiB")
    tops = [
        sum(by_name[name]["y"][index] or 0 for name in ("/orders", "/refunds", HOSTILE)) for index in (100, 200, 300)
    ]
    assert chart["layout"]["yaxis"]["range"][1] >= max(tops)


def test_table(rendered: Rendered) -> None:
    html = drawn(rendered, "Routes").html
    assert words(drawn(rendered, "Routes"))[:4] == ["Route", "Failing", "Rate", "/orders"]
    first = html.split("<tr>")[2]
    assert "0.40%" in first
    assert f"background:{GREEN}" in first
    assert 'href="https://kibana.example.org/?q=%2Forders"' in first
    rates = [float(text.split()[0]) for text in words(drawn(rendered, "Routes")) if text.endswith("req/s")]
    assert rates == sorted(rates, reverse=True)
    assert len(rates) == 3


def test_table_of_labels_with_coloured_cells(rendered: Rendered) -> None:
    html = drawn(rendered, "Alerts").html
    assert re.search(rf'<td[^>]*style="background:{RED};color:#\w+">critical', html)
    assert "FailingHigh" in html


def test_state_timeline(rendered: Rendered) -> None:
    chart = figure(rendered, "Breakers")
    states = {trace["name"]: trace for trace in chart["data"]}
    assert {name: trace["marker"]["color"] for name, trace in states.items()} == {
        "closed": GREEN,
        "open": RED,
        "half-open": ORANGE,
    }
    assert states["open"]["customdata"] == ["fiuu"]
    assert round(states["open"]["x"][0] / 60_000) == 20
    assert len(states["closed"]["x"]) == 4


def test_heatmap_shows_each_bucket_alone(rendered: Rendered) -> None:
    (trace,) = figure(rendered, "Latency")["data"]
    assert len(trace["z"]) == len(BUCKETS)
    shares = [row[-10] for row in trace["z"]]
    assert [round(share / sum(shares), 2) for share in shares] == [0.2, 0.3, 0.3, 0.15, 0.04, 0.01]
    assert figure(rendered, "Latency")["layout"]["yaxis"]["ticktext"][0] == "50 ms"


def test_bars(rendered: Rendered) -> None:
    (trace,) = figure(rendered, "Orders a minute")["data"]
    assert trace["line"]["shape"] == "hvh"
    assert "1," in figure(rendered, "Orders a minute")["layout"]["yaxis"]["ticktext"][-1]


def test_what_is_transparent_keeps_the_ink_of_the_page() -> None:
    assert readable_on(hexadecimal("transparent")) == "currentcolor"
    assert (readable_on(hexadecimal("yellow")), readable_on(hexadecimal("dark-blue"))) == ("#000000", "#FFFFFF")


def test_note_is_markdown_and_never_html(rendered: Rendered) -> None:
    html = drawn(rendered, "Note").html
    assert "<strong>Read</strong> from All &lt;script&gt;" in html
    assert '<a href="https://example.org/">link</a>' in html


def test_a_query_that_fails_is_said_in_its_panel_alone(rendered: Rendered) -> None:
    assert drawn(rendered, "Broken").state is State.FAILED
    assert "expected type range vector" in drawn(rendered, "Broken").html
    assert rendered.count(State.FAILED) == 1
    assert rendered.problems == ()


def test_a_prometheus_that_is_away_is_said_in_words(dashboards: Dashboards) -> None:
    away = render_view(view_of(dashboards), PrometheusApi(f"http://127.0.0.1:{free_port()}"))
    assert away.count(State.FAILED) == 12
    assert "cannot be reached" in drawn(away, "Failing").html
    assert "cannot be reached" in away.problems[0]


def test_hostile_labels_stay_texts(rendered: Rendered, dashboards: Dashboards, tmp_path: Path) -> None:
    page = export([rendered], dashboards, tmp_path)["everything"].read_text()
    outside = re.sub(r"<script>.*?</script>", "", page, count=0, flags=re.DOTALL)
    assert "<script>alert" not in page
    assert "alert(1)" in outside
    assert "javascript:" not in outside


def test_links_between_pages_lead_to_files(dashboards: Dashboards, rendered: Rendered, tmp_path: Path) -> None:
    page = export([rendered], dashboards, tmp_path)["everything"].read_text()
    assert '<a href="other.html"' in page
    assert 'href="everything.html"' in (tmp_path / "index.html").read_text()


def test_every_dashboard_of_the_bundle_can_be_read_and_drawn(prometheus: PrometheusApi) -> None:
    for dashboard in dashboards_of(build_catalog(Settings())).values():
        rendered = render_view(View(dashboard, first_choices(dashboard, {}), remembered(), SCRAPE), prometheus)
        assert rendered.count(State.FAILED) == 0
        assert rendered.problems == ()


def test_a_dashboard_that_cannot_be_read_says_where() -> None:
    content = everything.dashboard()
    content["panels"][1]["type"] = "piechart"
    with pytest.raises(DashboardError, match=r"everything\.json: panels\.1\.type: .*'piechart'"):
        read_dashboards({"everything.json": content})


def test_a_large_dashboard_takes_about_a_second_of_computing(dashboards: Dashboards, prometheus: PrometheusApi) -> None:
    lines = next(panel for panel in dashboards["everything"].panels if panel.id == 8)
    panels = tuple(
        lines.model_copy(
            update={
                "id": number,
                "targets": tuple(
                    target.model_copy(update={"expr": f"{target.expr} + {number}"}) for target in lines.targets
                ),
            }
        )
        for number in range(1, 26)
    )
    view = view_of(dashboards)
    large = replace(view, dashboard=view.dashboard.model_copy(update={"panels": panels}))
    began_at = time.process_time()
    rendered = render_view(large, prometheus)
    assert time.process_time() - began_at < 1.5
    assert rendered.count(State.DRAWN) == 25
