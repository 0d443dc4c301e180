// SPDX-License-Identifier: MIT
//
// Where the nodes of the graph are: a column for each TTL, and in it the nodes with the most
// traces. The others of a column are merged into one box for each kind, so that the graph stays
// small whatever the number of traces. The height of a node and the width of an edge
// are numbers of traces.

const BAR = 10, GAP = 14;
const ROWS = 11;                                    // boxes of a column, at first
const KINDS = ["source", "router", "silent", "end"];

// Chooses the boxes of each column; returns the columns, and for each node the number of its box.
function boxesOf(model, view, rows) {
  const columns = new Map(), boxes = [], boxOf = new Int32Array(model.nodes.length).fill(-1);
  model.nodes.forEach((node, id) => {
    if (!view.nodes[id]) return;
    if (!columns.has(node.ttl)) columns.set(node.ttl, []);
    columns.get(node.ttl).push(id);
  });
  const add = (box) => { boxes.push(box); return boxes.length - 1; };
  for (const [ttl, ids] of columns) {
    const most = rows.get(ttl) || ROWS;
    const quiet = (id) => model.nodes[id].kind >= SILENT ? 1 : 0;
    ids.sort((a, b) => quiet(a) - quiet(b) || view.nodes[b] - view.nodes[a] || a - b);
    const alone = ids.length > most ? most - 1 : ids.length;
    const merged = {};
    ids.forEach((id, at) => {
      const node = model.nodes[id];
      if (at < alone) {
        boxOf[id] = add({ ttl, id, n: view.nodes[id], count: 1 });
      } else {
        const kind = node.target ? "target" : KINDS[node.kind];
        if (merged[kind] === undefined) merged[kind] = add({ ttl, id: -1, kind, n: 0, count: 0 });
        const box = boxes[merged[kind]];
        box.n += view.nodes[id];
        box.count++;
        boxOf[id] = merged[kind];
      }
    });
  }
  return { boxes, boxOf };
}

function linksOf(model, view, boxOf, boxes) {
  const found = new Map();
  model.edges.forEach((edge, id) => {
    if (!view.edges[id]) return;
    const from = boxOf[edge.from], to = boxOf[edge.to], key = from * 65536 + to;
    const link = found.get(key) || { from: boxes[from], to: boxes[to], n: 0 };
    link.n += view.edges[id];
    found.set(key, link);
  });
  return [...found.values()];
}

const middle = (box) => box.y + box.height / 2;

const tallness = (column) => column.reduce((sum, box) => sum + box.height + GAP, -GAP);

// Puts the boxes of a column at the heights that they want, or close to them, and all of them into
// a frame of that height around 0.
function settle(column, frame) {
  column.sort((a, b) => a.wish - b.wish || b.n - a.n);
  let bottom = -Infinity, shift = 0;
  for (const box of column) {
    box.y = Math.max(box.wish - box.height / 2, bottom);
    bottom = box.y + box.height + GAP;
    shift += box.wish - middle(box);
  }
  shift /= column.length;
  const first = column[0].y + shift, last = bottom - GAP + shift;
  shift += Math.max(0, -frame / 2 - first) - Math.max(0, last - frame / 2);
  for (const box of column) box.y += shift;
}

function wishOf(box, links, end) {
  let sum = 0, weight = 0;
  for (const link of links) {
    sum += middle(link[end]) * link.n;
    weight += link.n;
  }
  return weight ? sum / weight : middle(box);
}

// Lays the graph out; width and height are those of the window, in pixels.
function layout(model, view, rows, width, height) {
  const { boxes, boxOf } = boxesOf(model, view, rows);
  const links = linksOf(model, view, boxOf, boxes);
  const thick = Math.min(14, 0.4 * height / Math.max(1, view.traces.length));
  for (const link of links) link.width = Math.max(1.2, link.n * thick);
  for (const box of boxes) Object.assign(box, { in: [], out: [] });
  for (const link of links) {
    link.to.in.push(link);
    link.from.out.push(link);
  }
  const columns = [];
  const total = (list) => list.reduce((sum, link) => sum + link.width, 0);
  for (const box of boxes) {
    box.height = Math.max(8, total(box.in), total(box.out));
    (columns[box.ttl] = columns[box.ttl] || []).push(box);
  }
  const present = columns.filter(Boolean);
  const frame = Math.max(height, ...present.map(tallness));
  for (const column of present) {
    let y = 0;
    for (const box of column) {
      box.wish = y + box.height / 2;
      y += box.height + GAP;
    }
    for (const box of column) box.wish -= y / 2;
    settle(column, frame);
  }
  for (let pass = 0; pass < 6; pass++) {
    const back = pass % 2 === 1;
    for (const column of back ? [...present].reverse() : present) {
      for (const box of column) {
        box.wish = back ? wishOf(box, box.out, "to") : wishOf(box, box.in, "from");
      }
      settle(column, frame);
    }
  }
  for (const box of boxes) {
    let y = box.y + (box.height - total(box.in)) / 2;
    box.in.sort((a, b) => a.from.y - b.from.y);
    for (const link of box.in) { link.y1 = y + link.width / 2; y += link.width; }
    y = box.y + (box.height - total(box.out)) / 2;
    box.out.sort((a, b) => a.to.y - b.to.y);
    for (const link of box.out) { link.y0 = y + link.width / 2; y += link.width; }
  }
  const reach = (get, pick) => boxes.reduce((best, box) => pick(best, get(box)), 0);
  const top = reach((box) => box.y, Math.min) - 8;
  const bottom = reach((box) => box.y + box.height, Math.max) + 8;
  const scale = Math.min(1, Math.max(0.45, height / (bottom - top)));
  const step = Math.min(200, Math.max(64, (width - 40) / columns.length)) / scale;
  for (const box of boxes) box.x = box.ttl * step;
  return { boxes, links, step, scale, top, bottom, ttls: present.map((column) => column[0].ttl) };
}
