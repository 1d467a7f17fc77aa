/* Draws the figures of the panels with Plotly, in the colours of the page's theme. */
"use strict";

const charts = (() => {
  const plots = () => [...document.querySelectorAll(".plot")];
  const panelOf = (element) => element.closest(".panel");
  const figures = new WeakMap();
  const hiddenSeries = new WeakMap();

  /* Plotly's dates have no zone: times are moved so that it shows the reader's own. */
  const local = (ms) => ms - new Date(ms).getTimezoneOffset() * 60000;
  const absolute = (ms) => ms + new Date(ms).getTimezoneOffset() * 60000;

  const dateOf = (at) => (typeof at === "number" ? at : Date.parse(`${at.replace(" ", "T")}Z`));

  function moved(figure) {
    const { data, layout } = structuredClone(figure);
    for (const trace of data) {
      if ("x0" in trace) trace.x0 = local(trace.x0);
      if (trace.orientation === "h") trace.base = trace.base.map(local);
      else if (Array.isArray(trace.x)) trace.x = trace.x.map(local);
    }
    layout.xaxis.range = layout.xaxis.range.map(local);
    for (const shape of layout.shapes ?? []) {
      if (shape.xref !== "paper") [shape.x0, shape.x1] = [local(shape.x0), local(shape.x1)];
    }
    for (const note of layout.annotations ?? []) note.x = local(note.x);
    return { data, layout };
  }

  function themed(layout, width) {
    const style = getComputedStyle(document.body);
    const colour = (name) => style.getPropertyValue(name).trim();
    const [text, muted, grid] = ["--text", "--muted", "--grid"].map(colour);
    const axis = {
      gridcolor: grid,
      linecolor: grid,
      tickfont: { color: muted, size: 11 },
      zeroline: false,
      fixedrange: true,
    };
    const time = {
      fixedrange: false,
      tickangle: 0,
      nticks: Math.max(3, Math.floor(width / 90)),
      tickformatstops: [
        { dtickrange: [null, 60000], value: "%H:%M:%S" },
        { dtickrange: [60000, 86400000], value: "%H:%M" },
        { dtickrange: [86400000, null], value: "%m-%d" },
      ],
    };
    const themedLayout = {
      hovermode: "x",
      hoverdistance: -1,
      showlegend: false,
      autosize: true,
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      font: { family: style.fontFamily, color: text, size: 11 },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      ...layout,
      xaxis: { ...axis, ...time, ...layout.xaxis },
    };
    for (const name of ["yaxis", "yaxis2"]) {
      if (!layout[name]) continue;
      const title = { ...layout[name].title, font: { color: muted, size: 11 }, standoff: 6 };
      themedLayout[name] = { ...axis, showgrid: name === "yaxis", ...layout[name], title };
    }
    return themedLayout;
  }

  async function draw(panel) {
    const figure = figures.get(panel);
    const plot = panel.querySelector(".plot");
    if (!figure || !plot) return;
    const { data, layout } = moved(figure);
    const hidden = hiddenSeries.get(panel) ?? new Set();
    for (const trace of data) if (hidden.has(trace.name)) trace.visible = false;
    const config = { displayModeBar: false, responsive: true, doubleClick: false, showTips: false };
    try {
      const isNew = !plot.classList.contains("js-plotly-plot");
      await Plotly.react(plot, data, themed(layout, plot.clientWidth), config);
      if (isNew) attend(plot);
      panel.dataset.state = "drawn";
    } catch (error) {
      panel.dataset.state = "failed";
      panel.querySelector(".content").textContent = `The chart cannot be drawn: ${error.message}`;
    }
  }

  function attend(plot) {
    const line = document.createElement("div");
    line.className = "crosshair";
    plot.append(line);
    plot.on("plotly_hover", (event) => {
      const at = event.xvals?.[0] ?? plot._fullLayout.xaxis.d2r(event.points[0].x);
      point(at);
      const [from, to] = figures.get(panelOf(plot)).layout.xaxis.range;
      const near = (to - from) / 100;
      const here = absolute(dateOf(at));
      const happened = figures.get(panelOf(plot)).events.filter((one) => one.start - near <= here && here <= one.end + near);
      tooltip.show(event, new Date(dateOf(at)).toISOString().slice(0, 19).replace("T", " "), happened);
    });
    plot.on("plotly_unhover", () => {
      point(null);
      tooltip.hide();
    });
    plot.on("plotly_relayout", (change) => {
      const [from, to] = [change["xaxis.range[0]"], change["xaxis.range[1]"]];
      if (from === undefined || to === undefined) return;
      const ms = (at) => Math.round(absolute(dateOf(at)));
      document.dispatchEvent(new CustomEvent("zoomed", { detail: { from: ms(from), to: ms(to) } }));
    });
  }

  /* The same time on every chart. */
  function point(at) {
    for (const plot of plots()) {
      const line = plot.querySelector(":scope > .crosshair");
      const axis = plot._fullLayout?.xaxis;
      if (!line) continue;
      const shown = at !== null && axis;
      line.style.display = shown ? "block" : "none";
      if (shown) line.style.left = `${axis._offset + axis.d2p(dateOf(at))}px`;
    }
  }

  function give(panel, figure) {
    if (figure) figures.set(panel, figure);
    else figures.delete(panel);
  }

  /* One after the other, from the top, with room in between for what the reader does. */
  async function drawAll() {
    const all = [...document.querySelectorAll(".panel")].filter((panel) => figures.has(panel));
    for (const panel of all) {
      await draw(panel);
      await new Promise((done) => setTimeout(done));
    }
  }

  const nameOf = (panel, button) => figures.get(panel)?.data[Number(button.dataset.trace)]?.name;

  function toggleSeries(button) {
    const panel = panelOf(button);
    const hidden = hiddenSeries.get(panel) ?? new Set();
    const name = nameOf(panel, button);
    if (!hidden.delete(name)) hidden.add(name);
    hiddenSeries.set(panel, hidden);
    markHidden(panel);
    draw(panel);
  }

  function markHidden(panel) {
    const hidden = hiddenSeries.get(panel) ?? new Set();
    for (const button of panel.querySelectorAll("button.series")) {
      button.setAttribute("aria-pressed", String(!hidden.has(nameOf(panel, button))));
    }
  }

  function showFigures(panel) {
    const asTable = panel.classList.contains("as-table");
    panel.querySelectorAll(".as-figures").forEach((table) => (table.hidden = !asTable));
    panel.querySelector("button.figures")?.setAttribute("aria-pressed", String(asTable));
  }

  document.addEventListener("click", (event) => {
    const series = event.target.closest("button.series");
    if (series) toggleSeries(series);
    const button = event.target.closest("button.figures");
    if (!button) return;
    const panel = panelOf(button);
    panel.classList.toggle("as-table");
    showFigures(panel);
    if (!panel.classList.contains("as-table")) draw(panel);
  });

  return { give, draw, drawAll, markHidden, showFigures };
})();
