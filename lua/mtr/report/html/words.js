// SPDX-License-Identifier: MIT
//
// What the page says about things: stop reasons in plain words, labels of nodes, and the colours of
// networks (autonomous systems). The networks with the most traces have colours of their own.

const STOPS = {
  completed: "reached the target", gaplimit: "no answer for many hops",
  unreach: "a router said unreachable", loop: "ran in a circle", hoplimit: "too many hops",
  halted: "was stopped", icmp: "a router reported an error", error: "a script failed",
  gss: "path known from elsewhere", lss: "path known from here", none: "has no reason",
};

const stopText = (word) => STOPS[word] || word;

const PALETTE = ["#4878cf", "#d65f5f", "#8c6bb1", "#c4932f", "#2f9e9e", "#d66fa8", "#7a9a3c",
  "#8d6e63", "#5b7f95", "#b05cc6"];

// Returns the networks of a model, those with the most traces first: { asn, name, traces, colour }.
function networksOf(model) {
  const counts = new Map();
  for (let i = 0; i < model.records.length; i++) {
    const seen = new Set();
    for (let k = model.nodeStart[i]; k < model.nodeStart[i + 1]; k++) {
      const addr = model.nodes[model.nodeList[k]].addr;
      const asn = addr >= 0 ? model.addrs[addr].asn : 0;
      if (asn) seen.add(asn);
    }
    for (const asn of seen) counts.set(asn, (counts.get(asn) || 0) + 1);
  }
  const names = new Map(model.addrs.map((addr) => [addr.asn, addr.asName]));
  const list = [...counts].map(([asn, traces]) => ({ asn, traces, name: names.get(asn) }));
  list.sort((a, b) => b.traces - a.traces || a.asn - b.asn);
  list.forEach((network, at) => { network.colour = PALETTE[at]; });
  return list;
}

const networkText = (addr) =>
  addr.asn ? `AS${addr.asn}${addr.asName ? " " + addr.asName : ""}` : addr.label;

// The label of a node in the graph.
function nodeText(model, node) {
  if (node.kind === SOURCE) return "start";
  if (node.kind === SILENT) return "no answer";
  if (node.kind === END) return "ends here";
  const addr = model.addrs[node.addr];
  return addr.name || addr.text;
}

// What the pointer shows of a node.
function nodeStory(model, view, id) {
  const node = model.nodes[id], n = view.nodes[id], lines = [];
  const share = `${many(n, "trace")} of ${count(view.traces.length)}`;
  if (node.kind === SOURCE) return `where the traces begin\n${share}`;
  if (node.kind === SILENT) return `hop ${node.ttl}: gave no answer, but hops behind it did` +
    `\n${share}`;
  if (node.kind === END) return `from hop ${node.ttl} on nobody answered\n${share}`;
  const addr = model.addrs[node.addr], rtt = rttOfNode(model, view, id);
  lines.push(addr.text);
  if (addr.name) lines.push(addr.name);
  if (networkText(addr)) lines.push(networkText(addr));
  lines.push(`hop ${node.ttl}${node.target ? ", a target" : ""}: ${share}`);
  if (rtt) {
    lines.push(rtt.n > 1 ? `round trip ${ms(rtt.mid)}, from ${ms(rtt.min)} to ${ms(rtt.max)}`
      : `round trip ${ms(rtt.mid)}`);
  }
  return lines.join("\n");
}
