/* Dark or light: as the system has it, until the reader says otherwise. */
"use strict";

(() => {
  const root = document.documentElement;
  const remembered = () => { try { return localStorage.getItem("payobs-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("payobs-theme", theme); } catch { /* a page from a file may not */ } };
  const system = matchMedia("(prefers-color-scheme: light)");
  if (remembered()) root.dataset.theme = remembered();
  const current = () => root.dataset.theme ?? (system.matches ? "light" : "dark");
  document.getElementById("theme")?.addEventListener("click", () => {
    root.dataset.theme = current() === "dark" ? "light" : "dark";
    remember(root.dataset.theme);
    charts.drawAll();
  });
  system.addEventListener("change", () => charts.drawAll());
  for (const time of document.querySelectorAll("time[data-ms]")) {
    const at = Number(time.dataset.ms);
    time.textContent = new Date(at - new Date(at).getTimezoneOffset() * 60000).toISOString().slice(0, 19).replace("T", " ");
  }
})();
