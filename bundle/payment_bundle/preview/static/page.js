/* Draws a finished page, and closes what was opened. */
"use strict";

const page = (() => {
  const body = document.body;

  /* What waits for the page, such as a picture of it, waits until this number has grown. */
  async function drawn() {
    await charts.drawAll();
    body.dataset.refreshed = String(Number(body.dataset.refreshed) + 1);
  }

  document.addEventListener("click", (event) => {
    for (const picker of document.querySelectorAll("details.picker[open]")) {
      if (!picker.contains(event.target)) picker.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const picker = event.key === "Escape" && document.activeElement?.closest("details.picker[open]");
    if (!picker) return;
    delete picker.dataset.changed;
    picker.open = false;
    picker.querySelector("summary").focus();
  });

  if (body.dataset.live === "no") {
    for (const source of document.querySelectorAll("script.figure")) {
      charts.give(source.closest(".panel"), JSON.parse(source.textContent));
    }
    drawn();
  }
  return { drawn };
})();
