// SPDX-License-Identifier: MIT
//
// Which traces are shown, and what is counted of them. All words of a search must be found in one
// trace: in its target, or in an address, name or AS of its hops.

function hitsOf(model, word) {
  const hit = new Uint8Array(model.addrs.length);
  model.words.forEach((text, i) => { hit[i] = text.includes(word) ? 1 : 0; });
  return hit;
}

function has(model, i, wanted) {
  for (let k = model.nodeStart[i]; k < model.nodeStart[i + 1]; k++) {
    if (wanted(model.nodeList[k])) return true;
  }
  return false;
}

// Returns a function of the number of a trace.
function predicate(model, state) {
  const tests = [];
  if (state.stop) tests.push((i) => model.records[i].stop === state.stop);
  if (state.node >= 0) tests.push((i) => has(model, i, (node) => node === state.node));
  if (state.asn) {
    const inside = (node) => {
      const addr = model.nodes[node].addr;
      return addr >= 0 && model.addrs[addr].asn === state.asn;
    };
    tests.push((i) => has(model, i, inside));
  }
  for (const word of state.q.toLowerCase().split(/\s+/).filter(Boolean)) {
    const hit = hitsOf(model, word);
    const found = (node) => model.nodes[node].addr >= 0 && hit[model.nodes[node].addr] === 1;
    tests.push((i) => hit[model.dst[i]] === 1
      || String(model.records[i].t).toLowerCase().includes(word) || has(model, i, found));
  }
  return (i) => tests.every((test) => test(i));
}

// Counts the traces that are shown: by node, by edge, and which they are.
function applyFilter(model, state) {
  const shows = predicate(model, state);
  const view = { traces: [], shown: new Uint8Array(model.records.length),
    nodes: new Int32Array(model.nodes.length),
    edges: new Int32Array(model.edges.length) };
  for (let i = 0; i < model.records.length; i++) {
    if (!shows(i)) continue;
    view.traces.push(i);
    view.shown[i] = 1;
    for (let k = model.nodeStart[i]; k < model.nodeStart[i + 1]; k++) {
      view.nodes[model.nodeList[k]]++;
    }
    for (let k = model.edgeStart[i]; k < model.edgeStart[i + 1]; k++) {
      view.edges[model.edgeList[k]]++;
    }
  }
  return view;
}

// The values are sorted.
function quantiles(values) {
  const at = (q) => values[Math.min(values.length - 1, Math.floor(q * values.length))];
  return { n: values.length, min: values[0], low: at(0.1), mid: at(0.5), high: at(0.9),
    max: values[values.length - 1] };
}

// The RTTs of the traces that are shown, by TTL; undefined where nobody answered.
function rttByHop(model, view) {
  return model.byRtt.map((places) => {
    const values = new Float64Array(places.length);
    let n = 0;
    for (let at = 0; at < places.length; at++) {
      const k = places[at];
      if (view.shown[model.traceList[k]]) values[n++] = model.rttList[k];
    }
    return n ? quantiles(values.subarray(0, n)) : undefined;
  });
}

// The RTTs of one node.
function rttOfNode(model, view, node) {
  const list = [];
  for (const i of view.traces) {
    for (let k = model.nodeStart[i]; k < model.nodeStart[i + 1]; k++) {
      if (model.nodeList[k] === node && model.rttList[k] === model.rttList[k]) {
        list.push(model.rttList[k]);
      }
    }
  }
  return list.length ? quantiles(Float64Array.from(list).sort()) : undefined;
}
