// SPDX-License-Identifier: MIT
//
// A table of any number of rows, of which only those inside its window are in the document. A click
// on a title sorts by it, a second one the other way.

const ROW = 26;

// columns: [{ title, width, text(row), value(row) to sort by, kind: class of the cells }].
function bigTable(box, rows, columns, options) {
  const template = columns.map((column) => column.width).join(" ");
  const list = h("div", { class: "rows" });
  const titles = h("div", { class: "row titles", style: { "grid-template-columns": template } });
  let order = options.order || { at: -1, down: false };

  function sort() {
    const { at, down } = order;
    if (at < 0) return;
    const value = columns[at].value, sign = down ? -1 : 1;
    const keys = new Map(rows.map((row) => [row, value(row)]));
    rows.sort((a, b) => {
      const x = keys.get(a), y = keys.get(b);
      if (x !== x || y !== y) return x !== x ? (y !== y ? 0 : 1) : -1;
      return x < y ? -sign : x > y ? sign : 0;
    });
  }
  function draw() {
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - 5);
    const last = Math.min(rows.length, first + Math.ceil(box.clientHeight / ROW) + 12);
    const parts = [];
    for (let at = first; at < last; at++) {
      const row = rows[at];
      parts.push(h("div", { class: `row${options.chosen(row) ? " chosen" : ""}`,
        style: { top: `${at * ROW}px`, "grid-template-columns": template },
        on: { click: () => options.click(row) } },
      ...columns.map((column) => h("span", { class: typeof column.kind === "function"
        ? column.kind(row) : column.kind, title: column.text(row) }, column.text(row)))));
    }
    list.style.setProperty("height", `${rows.length * ROW}px`);
    list.replaceChildren(...parts);
  }
  columns.forEach((column, at) => {
    titles.append(h("span", { class: column.kind === "number" ? "number" : undefined,
      title: "Sort", on: { click: () => {
        order = { at, down: order.at === at && !order.down };
        sort();
        draw();
      } } }, column.title));
  });
  sort();
  box.replaceChildren(titles, list);
  box.onscroll = draw;
  draw();
}
