// SPDX-License-Identifier: MIT
//
// What is beside the graph: one trace hop by hop, or one address.

function facts(rows) {
  return h("table", {}, ...rows.filter(([, value]) => value !== "" && value !== undefined)
    .map(([name, value]) => h("tr", {}, h("th", {}, name), h("td", {}, value))));
}

function hopRows(app, hop, ttl) {
  const { answers, lost } = answersOf(hop), { model } = app;
  if (!answers.length && !lost) return [];
  const loss = lost ? h("span", { class: "bad" }, `${many(lost, "probe")} without an answer`) : "";
  if (!answers.length) {
    return [h("tr", {}, h("td", { class: "number" }, ttl), h("td", { class: "dim" }, "no answer"),
      h("td"), h("td"))];
  }
  return answers.map((answer, k) => {
    const addr = model.addrs.find((one) => one.text === answer.addr) || { text: answer.addr };
    const lines = [h("div", { class: "mono" }, answer.addr)];
    const add = (text, kind) => { if (text) lines.push(h("div", { class: kind || "dim" }, text)); };
    add(addr.name, "mono");
    add(networkText(addr));
    add(answer.mpls && `MPLS ${answer.mpls}`);
    add(answer.note, "bad");
    if (k === answers.length - 1 && loss) lines.push(loss);
    const best = least(answer.rtts);
    const more = answer.rtts.length > 1 ? `${answer.rtts.length} answers, to ` +
      ms(Math.max(...answer.rtts)) : "";
    return h("tr", {}, h("td", { class: "number" }, k === 0 ? ttl : ""), h("td", {}, ...lines),
      h("td", { class: "number" }, h("div", {}, ms(best)), h("div", { class: "dim" }, more)));
  });
}

function traceDetail(app, i) {
  const record = app.model.records[i];
  return [h("h2", {}, `To ${record.t}`), facts([
    ["address", record.t === record.d ? "" : record.d], ["from", record.s],
    ["ended", stopText(record.stop) + (record.stop === "completed" ? "" : ` (${record.stop})`)],
    ["start", record.at ? `${moment(record.at, true)} UTC` : ""], ["took", ms(record.ms)],
    ["probes", record.n], ["protocol", record.p + (record.f ? `, flow ${record.f}` : "")],
    ["packet", record.mtu ? `${record.mtu} bytes reach the target` : ""],
  ]), h("table", {}, h("tr", {}, h("th", { class: "number" }, "Hop"), h("th", {}, "Who answered"),
    h("th", { class: "number" }, "Round trip")),
  ...record.hops.flatMap((hop, at) => hopRows(app, hop, at + 1)))];
}

function nodeDetail(app, id) {
  const { model, view } = app, node = model.nodes[id];
  if (node.addr < 0) {
    return [h("h2", {}, nodeText(model, node)), h("p", {}, nodeStory(model, view, id))];
  }
  const addr = model.addrs[node.addr], rtt = rttOfNode(model, view, id);
  const beside = (edges, pick) => model.edges.map((edge, at) => [edge, view.edges[at]])
    .filter(([edge, n]) => n && edges(edge)).sort((a, b) => b[1] - a[1]).slice(0, 12)
    .map(([edge, n]) => h("div", { class: "mono" },
      `${nodeText(model, model.nodes[pick(edge)])} (${count(n)})`));
  const lines = (list) => list.length ? h("div", {}, ...list) : "";
  const labels = new Set();
  for (const i of view.traces) {
    const hop = model.records[i].hops[node.ttl - 1];
    for (const answer of hop ? answersOf(hop).answers : []) {
      if (answer.addr === addr.text && answer.mpls) labels.add(answer.mpls);
    }
  }
  return [h("h2", { class: "mono" }, addr.text), facts([["name", addr.name],
    ["network", networkText(addr)], ["hop", node.ttl], ["traces", count(view.nodes[id])],
    ["round trip", rtt && `${ms(rtt.mid)} (${ms(rtt.min)} to ${ms(rtt.max)})`],
    ["MPLS", [...labels].slice(0, 8).join("; ")],
    ["before it", lines(beside((edge) => edge.to === id, (edge) => edge.from))],
    ["after it", lines(beside((edge) => edge.from === id, (edge) => edge.to))]])];
}

function showDetail(app) {
  const box = byId("detail"), { trace, node } = app.state;
  const parts = trace >= 0 ? traceDetail(app, trace) : node >= 0 ? nodeDetail(app, node) : null;
  const was = box.hidden;
  box.hidden = !parts;
  if (parts) {
    box.replaceChildren(h("button", { type: "button", class: "close", title: "Close (Escape)",
      on: { click: () => app.set({ trace: -1, node: -1 }) } }, "×"), ...parts);
  }
  return was !== box.hidden;
}
