/* Keeps a live page up to date: fetches the panels, and hands choices to the server by ordinary navigation. */
"use strict";

(() => {
  const body = document.body;
  if (body.dataset.live !== "yes") return;

  const LIMIT = 60_000;
  const AGAIN_AFTER_FAILURE = 10;
  const status = document.getElementById("status");
  const form = document.getElementById("choices");
  const refresh = document.getElementById("refresh");
  let timer = 0;
  let running = null;

  /* Replaces a panel's content, and puts focus and scrolling back to where they were. */
  function replace(content, html) {
    if (content.dataset.html === html) return;
    const focusable = () => [...content.querySelectorAll("a, button, [tabindex]")];
    const focused = focusable().indexOf(document.activeElement);
    const scrolled = content.querySelector(".rows")?.scrollTop ?? 0;
    content.innerHTML = html;
    content.dataset.html = html;
    if (focused >= 0) focusable()[focused]?.focus({ preventScroll: true });
    const rows = content.querySelector(".rows");
    if (rows) rows.scrollTop = scrolled;
  }

  function applyPanel(panel, drawn) {
    replace(panel.querySelector(".content"), drawn.html);
    charts.give(panel, drawn.figure);
    charts.markHidden(panel);
    charts.showFigures(panel);
    panel.classList.remove("stale");
    if (!drawn.figure) panel.dataset.state = drawn.state;
    else if (panel.dataset.state !== "drawn") panel.dataset.state = "loading";
  }

  function applyVariables(html) {
    const variables = document.getElementById("variables");
    const busy = variables.querySelector("details[open]") || variables.contains(document.activeElement);
    if (busy || variables.dataset.html === html) return;
    variables.innerHTML = html;
    variables.dataset.html = html;
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  async function fetched(signal) {
    const address = new URL(`/d/${body.dataset.uid}/panels`, location.origin);
    address.search = location.search;
    const width = document.documentElement.clientWidth;
    address.searchParams.set("width", String(Math.min(Math.max(width, 320), 3840)));
    const response = await fetch(address, { signal });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.problem);
    return answer;
  }

  async function load() {
    clearTimeout(timer);
    running?.abort();
    const mine = (running = new AbortController());
    const limit = setTimeout(() => mine.abort(), LIMIT);
    try {
      const answer = await fetched(mine.signal);
      if (running !== mine) return;
      for (const drawn of answer.panels) {
        const panel = document.querySelector(`.panel[data-panel="${drawn.id}"]`);
        if (panel) applyPanel(panel, drawn);
      }
      applyVariables(answer.variables);
      say(answer.problems.join(" "));
      await page.drawn();
    } catch (error) {
      if (running !== mine) return;
      const away = ["TypeError", "AbortError", "SyntaxError"].includes(error.name);
      say(`These figures are old: ${away ? "the preview does not answer" : error.message}. It is asked again.`);
      for (const panel of document.querySelectorAll(".panel")) panel.classList.add("stale");
    } finally {
      clearTimeout(limit);
      if (running === mine) plan();
    }
  }

  /* A page that could get nothing tries again soon, also where it does not refresh otherwise. */
  function plan() {
    clearTimeout(timer);
    const panels = [...document.querySelectorAll(".panel:not([data-type='text'])")];
    const failing = status.textContent !== "" || panels.every((panel) => panel.dataset.state === "failed");
    const chosen = Number(refresh.selectedOptions[0]?.dataset.seconds ?? 0);
    const seconds = failing ? Math.min(chosen || AGAIN_AFTER_FAILURE, AGAIN_AFTER_FAILURE) : chosen;
    if (seconds) timer = setTimeout(() => (document.hidden ? plan() : load()), seconds * 1000);
  }

  function submit(changed) {
    try {
      if (changed?.id) sessionStorage.setItem("payobs-focus", changed.id);
    } catch {
      // then focus begins at the top
    }
    form.requestSubmit();
  }

  function show(from, to, changed) {
    form.elements.from.value = from;
    form.elements.to.value = to;
    submit(changed);
  }

  function choose(box) {
    const boxes = [...box.closest("fieldset").querySelectorAll("input")];
    const all = boxes.find((one) => one.value === "$__all");
    if (box === all) for (const other of boxes) if (other !== all) other.checked = false;
    if (box !== all && box.checked && all) all.checked = false;
    box.closest("details").dataset.changed = "yes";
  }

  const range = document.getElementById("range");
  range.addEventListener("change", () => range.value && show(range.value, "now", range));
  document.addEventListener("zoomed", (event) => show(event.detail.from, event.detail.to));
  const [from, to] = [Number(body.dataset.from), Number(body.dataset.to)];
  for (const button of document.querySelectorAll("[data-shift]")) {
    const by = Math.round((to - from) * Number(button.dataset.shift));
    button.addEventListener("click", () => show(from + by, to + by));
  }
  document.getElementById("wider").addEventListener("click", () => {
    const by = Math.round((to - from) / 2);
    show(from - by, Math.min(to + by, Date.now()));
  });

  refresh.addEventListener("change", () => {
    const address = new URL(location.href);
    address.searchParams.set("refresh", refresh.value);
    history.replaceState(null, "", address);
    plan();
  });
  document.getElementById("now").addEventListener("click", load);

  form.addEventListener("change", (event) => {
    if (event.target.type === "checkbox") choose(event.target);
    else if (event.target.id.startsWith("variable-")) submit(event.target);
  });
  const closed = (event) => {
    const picker = event.target;
    if (picker.matches?.("details.variable") && !picker.open && picker.dataset.changed) submit();
  };
  document.addEventListener("toggle", closed, true);
  try {
    document.getElementById(sessionStorage.getItem("payobs-focus"))?.focus();
    sessionStorage.removeItem("payobs-focus");
  } catch {
    // focus begins at the top
  }
  load();
})();
