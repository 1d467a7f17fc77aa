/* Draws a finished page. */
"use strict";

const page = (() => {
  const body = document.body;

  /* What waits for the page, such as a picture of it, waits until this number has grown. */
  async function drawn() {
    await charts.drawAll();
    body.dataset.refreshed = String(Number(body.dataset.refreshed) + 1);
  }

  if (body.dataset.live === "no") {
    for (const source of document.querySelectorAll("script.figure")) {
      charts.give(source.closest(".panel"), JSON.parse(source.textContent));
    }
    drawn();
  }
  return { drawn };
})();
