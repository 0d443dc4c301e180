// SPDX-License-Identifier: MIT
//
// What is below the graph, apart from the view over time: the tables of traces and of addresses,
// and the RTT by hop.

function tracesPanel(app, box) {
  const { model, view } = app, record = (i) => model.records[i];
  const columns = [
    { title: "Target", width: "minmax(110px, 2fr)", text: (i) => String(record(i).t),
      kind: "mono", value: (i) => String(record(i).t) },
    { title: "Address", width: "minmax(110px, 1.5fr)", text: (i) => record(i).d, kind: "mono",
      value: (i) => record(i).d },
    { title: "Ended", width: "minmax(170px, 1.3fr)", text: (i) => stopText(record(i).stop),
      kind: (i) => record(i).stop === "completed" ? "good" : "bad", value: (i) => record(i).stop },
    { title: "Hops", width: "70px", text: (i) => String(model.length[i]), kind: "number",
      value: (i) => model.length[i] },
    { title: "Last answer", width: "110px", text: (i) => ms(model.last[i]), kind: "number",
      value: (i) => model.last[i] },
    { title: "Protocol", width: "90px", text: (i) => record(i).p, value: (i) => record(i).p },
    { title: "Start (UTC)", width: "170px", text: (i) => moment(record(i).at, true),
      kind: "mono", value: (i) => record(i).at || 0 },
  ];
  bigTable(box, view.traces.slice(), columns, { order: app.order,
    chosen: (i) => i === app.state.trace,
    click: (i) => app.set({ trace: app.state.trace === i ? -1 : i }) });
}

function addressesPanel(app, box) {
  const { model, view } = app, found = new Map();
  model.nodes.forEach((node, id) => {
    if (!view.nodes[id] || node.addr < 0) return;
    const one = found.get(node.addr) || { addr: model.addrs[node.addr], n: 0, ttls: [], ids: [],
      target: false };
    one.n += view.nodes[id];
    one.ttls.push(node.ttl);
    one.ids.push(id);
    one.target = one.target || node.target;
    found.set(node.addr, one);
  });
  const hops = (one) => [...new Set(one.ttls)].sort((a, b) => a - b).join(", ");
  const columns = [
    { title: "Address", width: "minmax(130px, 1.5fr)", text: (one) => one.addr.text, kind: "mono",
      value: (one) => one.addr.text },
    { title: "Name", width: "minmax(120px, 2fr)", text: (one) => one.addr.name, kind: "mono",
      value: (one) => one.addr.name },
    { title: "Network", width: "minmax(110px, 1.5fr)", text: (one) => networkText(one.addr),
      value: (one) => networkText(one.addr) },
    { title: "Is", width: "80px", text: (one) => one.target ? "target" : "router",
      value: (one) => one.target ? 1 : 0 },
    { title: "At hop", width: "minmax(70px, 1fr)", text: hops, value: (one) => Math.min(...one.ttls) },
    { title: "Traces", width: "90px", text: (one) => count(one.n), kind: "number",
      value: (one) => one.n },
  ];
  const rows = [...found.values()].sort((a, b) => b.n - a.n);
  bigTable(box, rows, columns, { chosen: (one) => one.ids.includes(app.state.node),
    click: (one) => app.set({ node: one.ids.includes(app.state.node) ? -1 : one.ids[0],
      trace: -1 }) });
}

// A round number that is not below a value.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value || 1));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

function timesPanel(app, box) {
  const rtts = Graph.rtts, ttls = rtts.map((one, ttl) => one ? ttl : 0).filter(Boolean);
  if (!ttls.length) {
    box.replaceChildren(h("p", { class: "empty" }, "Nobody has answered."));
    return;
  }
  const width = Math.max(560, box.clientWidth - 24), height = Math.max(180, box.clientHeight - 40);
  const last = Math.max(...ttls), top = roundUp(Math.max(...ttls.map((ttl) => rtts[ttl].high)));
  const x = (ttl) => 60 + (ttl - 0.5) * (width - 80) / last;
  const y = (value) => height - 30 - Math.min(1, value / top) * (height - 50);
  const wide = Math.min(36, (width - 80) / last * 0.6);
  const svg = s("svg", { class: "plot", width, height });
  for (let part = 0; part <= 4; part++) {
    const value = top * part / 4;
    svg.append(s("line", { class: "axis", x1: 60, x2: width - 10, y1: y(value), y2: y(value) }),
      s("text", { x: 54, y: y(value) + 4, "text-anchor": "end" }, `${value} ms`));
  }
  const step = Math.ceil(28 / ((width - 80) / last));
  for (const ttl of ttls) {
    const { n, low, mid, high, min, max } = rtts[ttl];
    const group = s("g", {}, s("rect", { class: "range", x: x(ttl) - wide / 2, y: y(high) - 1,
      width: wide, height: y(low) - y(high) + 2 }),
    s("line", { class: "middle", x1: x(ttl) - wide / 2, x2: x(ttl) + wide / 2, y1: y(mid),
      y2: y(mid) }));
    svg.append(tip(group, `hop ${ttl}: ${many(n, "answer")}\nhalf of them under ${ms(mid)}, ` +
      `one of ten over ${ms(high)}\nfrom ${ms(min)} to ${ms(max)}`));
    if (ttl % step === 0) {
      svg.append(s("text", { x: x(ttl), y: height - 12, "text-anchor": "middle" },
        ttl === step || step > 1 ? `hop ${ttl}` : String(ttl)));
    }
  }
  box.replaceChildren(h("p", { class: "dim", style: { margin: "8px 12px 0" } },
    "Round-trip time to each hop: the line is the middle value, the bar holds eight of ten."), svg);
}
