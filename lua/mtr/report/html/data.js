// SPDX-License-Identifier: MIT
//
// Reads the records of the page and makes numbers of them: addresses, nodes (an address at a TTL),
// edges, and for each trace the list of its nodes and edges. Filters then only count numbers.
//
// A record is a line of JSON in a script element of the class "records":
//   {"names":{"192.0.2.1":["name",64500,"name of the AS","label"]}}
//   {"t":target,"d":address,"s":source,"at":unix seconds,"ms":duration,"stop":reason,"p":protocol,
//    "f":flow,"n":probes,"hops":[...],"links":[[ttl,from,to]...]}
// Each hop, from TTL 1, is a list: an address, then the RTTs in ms of its answers, null for each
// probe without an answer, and an object with further facts of the address before it (mpls, note,
// passed: it is the target's address, and it is a router on the way that answered from it).
// A hop that was not probed is an empty list. Lines that are no such record are skipped: a process
// that was killed may leave half a line.

const SOURCE = 0, ROUTER = 1, SILENT = 2, END = 3;

function readRecords() {
  const traces = [], names = new Map();
  for (const block of document.querySelectorAll("script.records")) {
    for (const line of block.textContent.split("\n")) {
      if (!line.startsWith("{")) continue;
      let record = null;
      try { record = JSON.parse(line); } catch { continue; }
      if (record.names) {
        for (const addr of Object.keys(record.names)) names.set(addr, record.names[addr]);
      } else if (Array.isArray(record.hops)) {
        traces.push(record);
      }
    }
  }
  return { traces, names };
}

// Takes a hop apart: [{ addr, rtts, note, mpls, passed }], and how many probes had no answer.
function answersOf(hop) {
  const answers = [];
  let lost = 0, last = null;
  for (const item of hop) {
    if (item === null) lost++;
    else if (typeof item === "string") answers.push(last = { addr: item, rtts: [] });
    else if (typeof item === "number") last.rtts.push(item);
    else Object.assign(last, item);
  }
  return { answers, lost };
}

// Says whether an address is only passed at a hop, although it is the target's.
const passes = (hop, addr) =>
  hop !== undefined && hop.answers.some((one) => one.addr === addr && one.passed);

const least = (list) => list.length ? Math.min(...list) : NaN;

// Numbers for things that are equal by key.
function numbered(make) {
  const index = new Map(), list = [];
  return {
    list,
    of(key, ...rest) {
      let at = index.get(key);
      if (at === undefined) {
        at = list.length;
        index.set(key, at);
        list.push(make(key, ...rest));
      }
      return at;
    },
    find: (key) => index.get(key),
  };
}

function buildModel(records, names) {
  const addrs = numbered((text) => {
    const [name, asn, asName, label] = names.get(text) || [];
    return { text, name: name || "", asn: asn || 0, asName: asName || "", label: label || "" };
  });
  const nodes = numbered((key, ttl, addr, kind) => ({ ttl, addr, kind, target: false }));
  const edges = numbered((key, from, to) => ({ from, to }));
  const nodeList = [], rttList = [], edgeList = [];
  const model = { records, addrs: addrs.list, nodes: nodes.list, edges: edges.list,
    nodeStart: new Int32Array(records.length + 1), edgeStart: new Int32Array(records.length + 1),
    last: new Float64Array(records.length).fill(NaN), length: new Uint8Array(records.length),
    path: new Array(records.length), dst: new Int32Array(records.length) };

  const nodeOf = (ttl, addr) => nodes.of(ttl * 2 ** 24 + addr, ttl, addr, ROUTER);
  const silentAfter = (before, ttl) => nodes.of(-2 * before - 1, ttl, -1, SILENT);
  const endAfter = (before, ttl) => nodes.of(-2 * before - 2, ttl, -1, END);
  const starOf = (ttl) => nodes.of(`* ${ttl}`, ttl, -1, SILENT);

  function add(node, rtt) {
    nodeList.push(node);
    rttList.push(rtt);
  }
  function link(from, to) {
    const edge = edges.of(from * 2 ** 26 + to, from, to);
    if (!edgeList.includes(edge, edgeStart)) edgeList.push(edge);
  }

  let edgeStart = 0;
  function addPath(i, hops, source) {
    let before = source, others = [], lastAnswer = -1;
    hops.forEach((hop, at) => { if (hop.answers.length) lastAnswer = at; });
    const main = [];
    for (let at = 0; at < hops.length; at++) {
      const { answers, lost } = hops[at], ttl = at + 1;
      if (!answers.length && !lost) continue;
      let here;
      const beside = [];
      if (answers.length) {
        answers.forEach((answer, k) => {
          const node = nodeOf(ttl, addrs.of(answer.addr));
          add(node, least(answer.rtts));
          if (k === 0) here = node;
          else beside.push(node);
        });
        model.last[i] = least(answers[0].rtts);
        model.length[i] = ttl;
        main[at] = nodes.list[here].addr;
      } else {
        here = at > lastAnswer ? endAfter(before, ttl) : silentAfter(before, ttl);
        add(here, NaN);
        main[at] = -1;
      }
      link(before, here);
      for (const other of others) link(other, here);
      for (const other of beside) link(before, other);
      before = here;
      others = beside;
      if (at > lastAnswer) break;
    }
    return main;
  }

  // All paths to a target: the links are known.
  function addLinks(i, hops, links, source) {
    const seen = new Map();
    const at = (ttl, text) => ttl === 0 ? source
      : text === "*" ? starOf(ttl) : nodeOf(ttl, addrs.of(text));
    for (const [ttl, from, to] of links) {
      const node = at(ttl, to);
      if (!seen.has(node)) {
        const answer = hops[ttl - 1] && hops[ttl - 1].answers.find((one) => one.addr === to);
        seen.set(node, true);
        add(node, answer ? least(answer.rtts) : NaN);
      }
      link(at(ttl - 1, from), node);
      if (to !== "*") model.length[i] = ttl;
    }
    const end = hops[model.length[i] - 1];
    if (end && end.answers[0]) model.last[i] = least(end.answers[0].rtts);
    return hops.map((hop) => hop.answers[0] ? addrs.of(hop.answers[0].addr) : -1);
  }

  records.forEach((record, i) => {
    const hops = record.hops.map(answersOf), source = nodes.of("source", 0, -1, SOURCE);
    model.nodeStart[i] = nodeList.length;
    model.edgeStart[i] = edgeStart = edgeList.length;
    model.dst[i] = addrs.of(record.d);
    const target = addrs.list[model.dst[i]];
    if (!target.name && record.t !== record.d) target.name = record.t;
    add(source, NaN);
    model.path[i] = record.links && record.links.length
      ? addLinks(i, hops, record.links, source) : addPath(i, hops, source);
    for (let k = model.nodeStart[i]; k < nodeList.length; k++) {
      const node = nodes.list[nodeList[k]];
      if (node.addr === model.dst[i] && !passes(hops[node.ttl - 1], record.d)) node.target = true;
    }
  });
  model.nodeStart[records.length] = nodeList.length;
  model.edgeStart[records.length] = edgeList.length;
  model.nodeList = Int32Array.from(nodeList);
  model.edgeList = Int32Array.from(edgeList);
  model.rttList = Float64Array.from(rttList);
  model.traceList = new Int32Array(nodeList.length);
  for (let i = 0; i < records.length; i++) {
    model.traceList.fill(i, model.nodeStart[i], model.nodeStart[i + 1]);
  }
  model.byRtt = placesByRtt(nodeList.map((node) => nodes.list[node].ttl), rttList);
  model.words = addrs.list.map(wordsOf);
  return model;
}

// For each TTL the places of its answers in the list of RTTs, the shortest first: sorted once, so
// that filters need not. The keys are whole numbers, microseconds before places.
function placesByRtt(ttls, rtts) {
  const keys = Array.from({ length: 257 }, () => []);
  rtts.forEach((rtt, k) => {
    if (rtt === rtt) keys[ttls[k]].push(Math.round(rtt * 1000) * rtts.length + k);
  });
  return keys.map((list) => Int32Array.from(Float64Array.from(list).sort(),
    (key) => key % rtts.length));
}

// What a search finds an address by.
function wordsOf(addr) {
  return `${addr.text} ${addr.name} ${addr.asn ? "as" + addr.asn : ""} ${addr.asName} ${
    addr.label}`.toLowerCase();
}
