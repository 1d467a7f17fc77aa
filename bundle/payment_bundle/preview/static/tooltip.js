/* Says what a chart shows at the time below the pointer; a figure's texts are texts, never HTML. */
"use strict";

const tooltip = (() => {
  const MOST_ROWS = 30;
  const box = document.createElement("div");
  box.className = "tooltip";
  box.setAttribute("aria-hidden", "true");
  box.hidden = true;
  document.body.append(box);

  function element(name, text, className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    made.className = className;
    return made;
  }

  function row(colour, name, value) {
    const made = document.createElement("tr");
    const mark = document.createElement("i");
    mark.style.background = colour;
    const title = element("th", name);
    title.prepend(mark);
    made.append(title, element("td", value));
    return made;
  }

  const colourOf = (data) => data.line?.color ?? (typeof data.marker?.color === "string" ? data.marker.color : "#8e8e8e");

  /* A lane of states is named by its custom data, and the state is the trace. */
  const valueOf = (one) => (one.data.orientation === "h" ? one.data.name : one.text);

  function show(event, time, events) {
    const rows = event.points
      .filter((one) => valueOf(one) && one.data.hoverinfo !== "skip")
      .map((one) => row(colourOf(one.data), one.customdata ?? one.data.name, valueOf(one)));
    if (!rows.length && !events.length) return hide();
    const table = document.createElement("table");
    table.append(...rows.slice(0, MOST_ROWS));
    const left = rows.length - MOST_ROWS;
    box.replaceChildren(element("p", time), table);
    if (left > 0) box.append(element("p", `and ${left} more`));
    for (const one of events) {
      const told = element("p", `▲ ${[one.title, one.text, ...one.tags.map((tag) => `#${tag}`)].filter(Boolean).join(" · ")}`);
      told.style.color = one.colour;
      box.append(told);
    }
    box.hidden = false;
    place(event.event);
  }

  function place(pointer) {
    const { width, height } = box.getBoundingClientRect();
    const right = pointer.clientX + 16 + width < innerWidth;
    box.style.left = `${Math.max(right ? pointer.clientX + 16 : pointer.clientX - 16 - width, 4)}px`;
    box.style.top = `${Math.max(Math.min(pointer.clientY + 12, innerHeight - height - 4), 4)}px`;
  }

  function hide() {
    box.hidden = true;
  }

  document.addEventListener("scroll", hide, true);
  return { show, hide };
})();
