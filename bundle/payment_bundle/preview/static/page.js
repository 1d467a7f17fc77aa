/* Draws a finished page; keeps a live one up to date. */
"use strict";

(() => {
  const body = document.body;
  const status = document.getElementById("status");
  const form = document.getElementById("choices");
  const panel = (id) => document.querySelector(`.panel[data-panel="${id}"]`);
  let timer = 0;
  let running = null;

  async function finished() {
    await charts.drawAll();
    body.dataset.refreshed = String(Number(body.dataset.refreshed) + 1);
  }

  if (body.dataset.live === "no") {
    for (const source of document.querySelectorAll("script.figure")) charts.give(source.closest(".panel"), JSON.parse(source.textContent));
    finished();
    return;
  }
  if (body.dataset.live !== "yes") return;

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

  function apply(answer) {
    for (const drawn of answer.panels) {
      const element = panel(drawn.id);
      if (!element) continue;
      replace(element.querySelector(".content"), drawn.html);
      charts.give(element, drawn.figure);
      charts.markHidden(element);
      charts.showFigures(element);
      if (!drawn.figure) element.dataset.state = drawn.state;
      else if (element.dataset.state !== "drawn") element.dataset.state = "loading";
    }
    const variables = document.getElementById("variables");
    const busy = variables.querySelector("details[open]") || variables.contains(document.activeElement);
    if (!busy && variables.dataset.html !== answer.variables) {
      variables.innerHTML = answer.variables;
      variables.dataset.html = answer.variables;
    }
    say(answer.problems.join(" "));
  }

  function say(text) {
    if (status.textContent !== text) status.textContent = text;
  }

  async function load() {
    clearTimeout(timer);
    running?.abort();
    const mine = (running = new AbortController());
    const limit = setTimeout(() => mine.abort(), 60000);
    const address = new URL(`/d/${body.dataset.uid}/panels`, location.origin);
    address.search = location.search;
    address.searchParams.set("width", String(Math.min(Math.max(document.documentElement.clientWidth, 320), 3840)));
    try {
      const response = await fetch(address, { signal: mine.signal });
      const answer = await response.json();
      if (running !== mine) return;
      if (!response.ok) throw new Error(answer.problem);
      apply(answer);
      await finished();
      document.querySelectorAll(".panel.stale").forEach((element) => element.classList.remove("stale"));
    } catch (error) {
      if (running !== mine) return;
      say(`The figures are not fresh: ${error.name === "TypeError" || error.name === "AbortError" ? "the preview does not answer" : error.message}. It is asked again.`);
      document.querySelectorAll(".panel").forEach((element) => element.classList.add("stale"));
    } finally {
      clearTimeout(limit);
      if (running === mine) plan();
    }
  }

  function plan() {
    clearTimeout(timer);
    const failing = status.textContent !== "" || document.querySelector('.panel[data-state="failed"]');
    const chosen = Number(document.getElementById("refresh").selectedOptions[0]?.dataset.seconds ?? 0);
    const seconds = failing && chosen ? Math.min(chosen, 10) : chosen;
    if (seconds) timer = setTimeout(() => (document.hidden ? plan() : load()), seconds * 1000);
  }

  function submit(changed) {
    try { if (changed?.id) sessionStorage.setItem("payobs-focus", changed.id); } catch { /* then focus is lost */ }
    form.requestSubmit();
  }

  const [from, to] = [form.elements.from, form.elements.to];
  document.getElementById("range").addEventListener("change", (event) => {
    if (!event.target.value) return;
    [from.value, to.value] = [event.target.value, "now"];
    submit(event.target);
  });
  document.getElementById("refresh").addEventListener("change", (event) => {
    const address = new URL(location.href);
    address.searchParams.set("refresh", event.target.value);
    history.replaceState(null, "", address);
    plan();
  });
  document.getElementById("now").addEventListener("click", load);
  document.addEventListener("zoomed", (event) => {
    [from.value, to.value] = [event.detail.from, event.detail.to];
    submit();
  });
  form.addEventListener("change", (event) => {
    const control = event.target;
    if (control.type === "checkbox") {
      const boxes = [...control.closest("fieldset").querySelectorAll("input")];
      const all = boxes.find((box) => box.value === "$__all");
      if (control === all && all.checked) boxes.filter((box) => box !== all).forEach((box) => (box.checked = false));
      if (control !== all && control.checked && all) all.checked = false;
      control.closest("details").dataset.changed = "yes";
    } else if (control.id.startsWith("variable-")) submit(control);
  });
  document.addEventListener("toggle", (event) => {
    if (event.target.matches?.("details.variable") && !event.target.open && event.target.dataset.changed) submit();
  }, true);
  document.addEventListener("click", (event) => {
    for (const picker of document.querySelectorAll("details.picker[open]")) if (!picker.contains(event.target)) picker.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const picker = document.activeElement?.closest("details.picker[open]");
    if (!picker) return;
    delete picker.dataset.changed;
    picker.open = false;
    picker.querySelector("summary").focus();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !timer) plan(); });

  try {
    document.getElementById(sessionStorage.getItem("payobs-focus"))?.focus();
    sessionStorage.removeItem("payobs-focus");
  } catch { /* focus begins at the top */ }
  load();
})();
