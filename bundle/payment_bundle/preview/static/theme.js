/* Dark or light: as the system has it, until the reader says otherwise. Times: in the reader's zone. */
"use strict";

(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: light)");
  const current = () => root.dataset.theme ?? (system.matches ? "light" : "dark");

  function remembered() {
    try {
      return localStorage.getItem("payobs-theme");
    } catch {
      return null; // a page from a file may not remember
    }
  }

  function choose(theme) {
    root.dataset.theme = theme;
    charts.drawAll();
    try {
      localStorage.setItem("payobs-theme", theme);
    } catch {
      // then it holds for this page only
    }
  }

  function written(ms) {
    const here = new Date(ms - new Date(ms).getTimezoneOffset() * 60000);
    return here.toISOString().slice(0, 19).replace("T", " ");
  }

  if (remembered()) root.dataset.theme = remembered();
  document.getElementById("theme")?.addEventListener("click", () => choose(current() === "dark" ? "light" : "dark"));
  system.addEventListener("change", () => charts.drawAll());
  for (const time of document.querySelectorAll("time[data-ms]")) time.textContent = written(Number(time.dataset.ms));
  const span = document.getElementById("span");
  const { from, to } = document.body.dataset;
  if (span) span.textContent = `${written(Number(from))} to ${written(Number(to))}`;
})();
