// SPDX-License-Identifier: MIT
//
// The view over time, for targets that were traced several times: a column for each trace, a row
// for each hop, a colour for each address at that hop. A path has changed where an address differs
// from the last known one at that hop; silence is no change. Routers that share the load of one hop
// are told apart from a change if an address comes back again and again: see steady().

const BACK = 3;     // an address that comes back so often takes turns with others

// The targets with at least two traces, those with the most changes first.
function historiesOf(model, view) {
  const byTarget = new Map();
  for (const i of view.traces) {
    const record = model.records[i];
    const key = `${record.t} ${record.s || ""} ${record.p} ${record.f || 0}`;
    if (!byTarget.has(key)) byTarget.set(key, []);
    byTarget.get(key).push(i);
  }
  const list = [];
  for (const traces of byTarget.values()) {
    if (traces.length < 2) continue;
    traces.sort((a, b) => (model.records[a].at || 0) - (model.records[b].at || 0) || a - b);
    list.push({ traces, target: String(model.records[traces[0]].t),
      changes: changesOf(model, traces) });
  }
  return list.sort((a, b) => b.changes.length - a.changes.length
    || a.target.localeCompare(b.target));
}

// Returns for each hop the addresses that take turns there.
function steady(model, traces) {
  const turns = [];
  const last = [];
  for (const i of traces) {
    model.path[i].forEach((addr, at) => {
      if (addr < 0 || addr === undefined) return;
      turns[at] = turns[at] || new Map();
      if (last[at] !== addr) turns[at].set(addr, (turns[at].get(addr) || 0) + 1);
      last[at] = addr;
    });
  }
  return turns.map((map) => new Set([...map || []].filter(([, n]) => n >= BACK)
    .map(([addr]) => addr)));
}

// [{ trace, ttl, from, to }]: a path that ends earlier or later is a change of its length.
function changesOf(model, traces) {
  const changes = [], last = [], turns = steady(model, traces);
  let length = 0;
  traces.forEach((i, n) => {
    const whole = model.records[i].stop === "completed";
    model.path[i].forEach((addr, at) => {
      if (addr < 0 || addr === undefined) return;
      const takesTurns = turns[at] && turns[at].has(addr) && turns[at].has(last[at]);
      if (n > 0 && last[at] !== undefined && last[at] !== addr && !takesTurns) {
        changes.push({ trace: i, ttl: at + 1, from: last[at], to: addr });
      }
      last[at] = addr;
    });
    if (whole && length && model.length[i] !== length) {
      last.length = model.length[i];
      changes.push({ trace: i, ttl: 0, from: length, to: model.length[i] });
    }
    if (whole) length = model.length[i];
  });
  return changes;
}

function changeText(model, change) {
  const when = moment(model.records[change.trace].at, true);
  if (change.ttl === 0) return `${when}  the target is now ${many(change.to, "hop")} away, not ` +
    count(change.from);
  const text = (addr) => model.addrs[addr].name || model.addrs[addr].text;
  return `${when}  hop ${change.ttl}: ${text(change.from)} → ${text(change.to)}`;
}

// Colours of the addresses of each hop: the most frequent one is that of routers.
function coloursByHop(model, traces) {
  const counts = [];
  for (const i of traces) {
    model.path[i].forEach((addr, at) => {
      if (addr < 0 || addr === undefined) return;
      counts[at] = counts[at] || new Map();
      counts[at].set(addr, (counts[at].get(addr) || 0) + 1);
    });
  }
  return counts.map((map) => new Map([...map || []].sort((a, b) => b[1] - a[1])
    .map(([addr], rank) => [addr, rank === 0 ? "var(--router)"
      : PALETTE[(rank * 3 - 2) % PALETTE.length]])));
}

function strip(app, history, width) {
  const { model } = app, { traces, changes } = history, colours = coloursByHop(model, traces);
  const rows = Math.max(...traces.map((i) => model.path[i].length));
  const cell = Math.max(2, Math.min(26, (width - 80) / traces.length)), tall = 15;
  const svg = s("svg", { class: "plot", width: 70 + cell * traces.length + 10,
    height: rows * tall + 96 });
  for (let at = 0; at < rows; at++) {
    svg.append(s("text", { x: 62, y: at * tall + 32, "text-anchor": "end" }, `hop ${at + 1}`));
  }
  const most = Math.max(...traces.map((i) => model.last[i] || 0), 0.001), base = rows * tall + 76;
  traces.forEach((i, n) => {
    const x = 70 + n * cell, column = s("g", { on: { click: () => app.set({ trace: i }) } });
    model.path[i].forEach((addr, at) => {
      if (addr === undefined) return;
      const rect = s("rect", { x, y: at * tall + 20, width: cell, height: tall,
        class: addr < 0 ? "cell none" : "cell" });
      if (addr >= 0) rect.style.setProperty("fill", colours[at].get(addr));
      column.append(tip(rect, () => `${moment(model.records[i].at, true)}\nhop ${at + 1}: ` +
        (addr < 0 ? "no answer" : nodeText(model, { kind: ROUTER, addr }))));
    });
    const rtt = model.last[i];
    if (rtt === rtt) {
      const tallness = Math.max(1, 40 * rtt / most);
      column.append(tip(s("rect", { class: "dot", x: x + cell * 0.15, width: cell * 0.7,
        y: base - tallness, height: tallness }), `${moment(model.records[i].at, true)}\n` +
        `last answer after ${ms(rtt)}`));
    }
    svg.append(column);
  });
  svg.append(s("text", { x: 62, y: base - 14, "text-anchor": "end" }, "round trip"),
    s("text", { x: 70, y: base + 14 }, moment(model.records[traces[0]].at)),
    s("text", { x: 70 + cell * traces.length, y: base + 14, "text-anchor": "end" },
      moment(model.records[traces[traces.length - 1]].at)));
  const where = new Map(traces.map((i, n) => [i, n]));
  for (const trace of new Set(changes.map((change) => change.trace))) {
    const x = 70 + where.get(trace) * cell;
    svg.append(s("line", { class: "change", x1: x, x2: x, y1: 8, y2: rows * tall + 24 }),
      s("text", { x: x + 3, y: 15 }, "changed"));
  }
  return svg;
}

function timePanel(app, box) {
  const { model } = app, histories = app.histories();
  const one = histories.find((history) => history.target === app.state.of) || histories[0];
  if (!one) {
    box.replaceChildren(h("p", { class: "empty" },
      "No target was traced twice. Trace the same targets again to see how their paths change."));
    return;
  }
  const list = h("div", { class: "list" }), story = h("div", {});
  box.replaceChildren(h("div", { class: "story" }, list, story));
  bigTable(list, histories, [
    { title: "Target", width: "1fr", text: (history) => history.target, kind: "mono",
      value: (history) => history.target },
    { title: "Changes", width: "84px", text: (history) => count(history.changes.length),
      kind: "number", value: (history) => history.changes.length },
  ], { chosen: (history) => history === one, click: (history) => app.set({ of: history.target }) });
  const { traces, changes } = one;
  story.append(h("h2", {}, `${one.target}: ${many(changes.length, "change")} in ` +
    many(traces.length, "trace")), h("p", { class: "dim" },
    "Left to right is time. A new colour in a row: another router answers at that hop."),
  strip(app, one, story.clientWidth - 24));
  for (const change of changes.slice(0, 200)) {
    story.append(h("div", { class: "mono" }, changeText(model, change)));
  }
}
