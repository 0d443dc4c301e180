// SPDX-License-Identifier: MIT
//
// Draws the graph of the routes, and moves it: drag to move, turn the wheel to zoom. Only what is
// inside the window is in the drawing.

const HEADER = 40;

const Graph = {
  plan: null, scale: 1, x: 0, y: 0, held: null, rows: new Map(),

  start(svg, app) {
    Object.assign(this, { svg, app, heads: s("g"), body: s("g") });
    svg.append(this.body, this.heads);
    svg.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * 0.0015), event.offsetX, event.offsetY);
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      this.held = { x: event.clientX - this.x, y: event.clientY - this.y, moved: false };
    });
    window.addEventListener("pointermove", (event) => {
      if (!this.held) return;
      const x = event.clientX - this.held.x, y = event.clientY - this.held.y;
      if (Math.abs(x - this.x) + Math.abs(y - this.y) > 3) this.held.moved = true;
      if (!this.held.moved) return;
      svg.classList.add("moving");
      Object.assign(this, { x, y });
      this.place();
    });
    window.addEventListener("pointerup", () => {
      svg.classList.remove("moving");
      setTimeout(() => { this.held = null; });
    });
    window.addEventListener("resize", () => this.place());
    for (const button of document.querySelectorAll("#zoom button")) {
      const factor = Number(button.dataset.zoom);
      button.addEventListener("click", () => factor
        ? this.zoom(factor, svg.clientWidth / 2, svg.clientHeight / 2) : this.fit());
    }
  },

  zoom(factor, x, y) {
    const scale = Math.min(4, Math.max(0.08, this.scale * factor));
    this.x = x - (x - this.x) * scale / this.scale;
    this.y = y - (y - this.y) * scale / this.scale;
    this.scale = scale;
    this.place();
  },

  size() { return [this.svg.clientWidth, this.svg.clientHeight - HEADER - 34]; },

  // Shows all of it, as far as it can be read then.
  fit() {
    const { scale, top, bottom } = this.plan, [, height] = this.size();
    this.scale = scale;
    this.x = 24;
    this.y = HEADER + (height - (bottom + top) * scale) / 2;
    this.place();
  },

  show(model, view) {
    Object.assign(this, { model, view, rtts: rttByHop(model, view) });
    this.plan = layout(model, view, this.rows, ...this.size());
    this.fit();
  },

  // Draws what is inside the window.
  place() {
    if (!this.plan) return;
    const near = (x) => x * this.scale + this.x, width = this.svg.clientWidth;
    const low = (y) => y * this.scale + this.y, height = this.svg.clientHeight;
    const sees = (x0, x1, y0, y1) => near(x1) > -20 && near(x0) < width + 20 && low(y1) > 0
      && low(y0) < height;
    const parts = [];
    for (const link of this.plan.links) {
      const y0 = Math.min(link.y0, link.y1) - link.width, y1 = Math.max(link.y0, link.y1);
      if (sees(link.from.x, link.to.x, y0, y1 + link.width)) parts.push(this.edge(link));
    }
    for (const box of this.plan.boxes) {
      if (sees(box.x, box.x + this.plan.step, box.y - 10, box.y + box.height + 10)) {
        parts.push(this.box(box));
      }
    }
    this.body.replaceChildren(...parts);
    this.body.setAttribute("transform", `translate(${this.x} ${this.y}) scale(${this.scale})`);
    const step = Math.ceil(62 / (this.plan.step * this.scale)), heads = [
      s("rect", { class: "band", width, height: HEADER - 4 })];
    for (const ttl of this.plan.ttls) {
      if (ttl % step || !sees(ttl * this.plan.step, ttl * this.plan.step, -1e9, 1e9)) continue;
      const x = near(ttl * this.plan.step + BAR / 2), rtt = this.rtts[ttl];
      heads.push(s("text", { class: "head", x: Math.max(x, 22), y: 15 }, ttl ? `hop ${ttl}` : "start"));
      if (rtt) heads.push(s("text", { class: "head time", x, y: 31 }, ms(rtt.mid)));
    }
    this.heads.replaceChildren(...heads);
  },

  edge(link) {
    const x0 = link.from.x + BAR, x1 = link.to.x, bend = (x1 - x0) / 2;
    const quiet = [link.from, link.to].some((box) => box.id >= 0
      && this.model.nodes[box.id].kind >= SILENT);
    link.drawn = s("path", { class: `edge${quiet ? " quiet" : ""}${
      quiet && link.width < 5 ? " thin" : ""}`, "stroke-width": link.width,
      d: `M${x0} ${link.y0}C${x0 + bend} ${link.y0} ${x1 - bend} ${link.y1} ${x1} ${link.y1}` });
    return tip(link.drawn, () => `${this.boxText(link.from)} → ${this.boxText(link.to)}\n` +
      many(link.n, "trace"));
  },

  boxText(box) {
    if (box.id >= 0) return nodeText(this.model, this.model.nodes[box.id]);
    return { target: many(box.count, "target"), router: many(box.count, "router"),
      silent: `${count(box.count)} silent`, end: many(box.count, "end") }[box.kind];
  },

  box(box) {
    const node = box.id >= 0 ? this.model.nodes[box.id] : null;
    let kind = node ? KINDS[node.kind] : "more";
    if (node ? node.target : box.kind === "target") kind += " target";
    if (box.id >= 0 && box.id === this.app.state.node) kind += " chosen";
    const room = Math.max(box.height, 8) + GAP, size = 10.5 / this.scale;
    const letters = Math.max(6, Math.floor((this.plan.step * this.scale - 15) / 6.33));
    const rect = s("rect", { x: box.x, y: box.y, width: BAR, height: box.height });
    const colour = node && node.addr >= 0 && this.app.colours.get(this.model.addrs[node.addr].asn);
    if (colour) rect.style.setProperty("fill", colour);
    const group = s("g", { class: `node ${kind}`, on: {
      click: () => { if (!this.held || !this.held.moved) this.choose(box); },
      pointerenter: () => this.light(box), pointerleave: () => this.light(null) } }, rect,
    room * this.scale < 10 ? null : s("text", { x: box.x + BAR + 4 / this.scale,
      y: middle(box) + size * 0.35, "font-size": size }, short(this.boxText(box), letters)));
    return tip(group, () => node ? nodeStory(this.model, this.view, box.id)
      : `${this.boxText(box)} at hop ${box.ttl}: ${many(box.n, "trace")}\nClick to open`);
  },

  light(box) {
    for (const link of this.plan.links) {
      if (link.drawn) link.drawn.classList.toggle("near", box !== null
        && (link.from === box || link.to === box));
    }
  },

  choose(box) {
    byId("tip").hidden = true;
    if (box.id < 0) {
      this.rows.set(box.ttl, (this.rows.get(box.ttl) || ROWS) + 30);
      this.plan = layout(this.model, this.view, this.rows, ...this.size());
      this.place();
    } else if (this.model.nodes[box.id].kind !== SOURCE) {
      this.app.set({ node: this.app.state.node === box.id ? -1 : box.id, trace: -1 });
    }
  },
};
