// SPDX-License-Identifier: MIT
//
// Begins the page and keeps its state, which is also in the address behind "#", so that a link
// shows the same: q= what is searched, stop=, asn=, node=, trace=, tab=, of= and theme=.

const TABS = { traces: ["Traces", tracesPanel], times: ["Round-trip times", timesPanel],
  time: ["Changes over time", timePanel], addresses: ["Addresses", addressesPanel] };
const FRESH = { q: "", stop: "", asn: 0, node: -1, trace: -1, tab: "traces", of: "", theme: "" };
const COUNTS = ["q", "stop", "asn", "node"];      // what changes which traces are shown

const app = {
  state: { ...FRESH },

  readHash() {
    const given = new URLSearchParams(location.hash.slice(1));
    const state = { ...FRESH };
    for (const name of Object.keys(FRESH)) {
      const text = given.get(name);
      if (text === null) continue;
      state[name] = typeof FRESH[name] === "number" ? Number(text) || FRESH[name] : text;
      if (text === "0") state[name] = typeof FRESH[name] === "number" ? 0 : text;
    }
    if (!TABS[state.tab]) state.tab = FRESH.tab;
    if (!this.model.nodes[state.node]) state.node = -1;
    if (!this.model.records[state.trace]) state.trace = -1;
    return state;
  },

  writeHash() {
    const kept = Object.keys(FRESH).filter((name) => this.state[name] !== FRESH[name]);
    const text = kept.map((name) => `${name}=${encodeURIComponent(this.state[name])}`).join("&");
    history.replaceState(null, "", text ? `#${text}` : location.pathname);
  },

  set(change) {
    const counts = COUNTS.some((name) => name in change && change[name] !== this.state[name]);
    Object.assign(this.state, change);
    this.writeHash();
    this.update(counts);
  },

  // Draws what has changed, and notes how long it took.
  update(counts) {
    const begun = performance.now();
    if (counts) {
      this.view = applyFilter(this.model, this.state);
      this.known = null;
    }
    const resized = showDetail(this);
    if (counts) Graph.show(this.model, this.view);
    else if (resized) Graph.fit();
    this.chips();
    this.tabs();
    TABS[this.state.tab][1](this, byId("panel"));
    if (!counts) return;
    const took = performance.now() - begun, all = this.model.records.length;
    document.body.dataset.shown = this.view.traces.length;
    document.body.dataset.took = took.toFixed(1);
    byId("hint").textContent = this.view.traces.length === all
      ? "Drag to move, turn the wheel to zoom, click a box to see only its traces."
      : `Shown: ${count(this.view.traces.length)} of ${many(all, "trace")}. ` +
        "Escape shows all again.";
  },

  histories() {
    this.known = this.known || historiesOf(this.model, this.view);
    return this.known;
  },

  chip(text, title, on, change, colour) {
    return h("button", { type: "button", "aria-pressed": String(on), title,
      on: { click: () => this.set(change) } },
    colour ? h("span", { class: "swatch", style: { background: colour } }) : null, text);
  },

  chips() {
    const { state, model } = this, parts = [];
    for (const [stop, n] of this.stops) {
      parts.push(this.chip(`${stopText(stop)}: ${count(n)}`, `stop reason ${stop}`,
        state.stop === stop, { stop: state.stop === stop ? "" : stop }));
    }
    for (const { asn, name, traces, colour } of this.networks.slice(0, 40)) {
      parts.push(this.chip(`AS${asn}${name ? " " + name : ""}: ${count(traces)}`,
        `${many(traces, "trace")} through this network`, state.asn === asn,
        { asn: state.asn === asn ? 0 : asn }, colour));
    }
    if (state.node >= 0) {
      const node = model.nodes[state.node];
      parts.push(this.chip(`through ${nodeText(model, node)} at hop ${node.ttl} ×`,
        "Show all again", true, { node: -1 }));
    }
    byId("chips").replaceChildren(...parts);
  },

  tabs() {
    byId("tabs").replaceChildren(...Object.keys(TABS).map((name) => h("button", { type: "button",
      role: "tab", "aria-selected": String(name === this.state.tab),
      on: { click: () => this.set({ tab: name }) } }, TABS[name][0])));
  },

  theme(word) {
    const dark = word ? word === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    document.documentElement.dataset.theme = dark ? "dark" : "light";
  },

  about() {
    const { records } = this.model, targets = new Set(records.map((record) => record.t));
    const sources = new Set(records.map((record) => record.s).filter(Boolean));
    let first = Infinity, last = -Infinity;
    for (const { at } of records) {
      if (at) { first = Math.min(first, at); last = Math.max(last, at); }
    }
    const title = !records.length ? "No traces" : targets.size === 1
      ? `The route to ${records[0].t}` : `Routes to ${count(targets.size)} targets`;
    document.title = title;
    byId("title").textContent = title;
    byId("summary").textContent = !records.length ? "Nothing was traced." : `${
      many(records.length, "trace")}${sources.size === 1 ? " from " + [...sources][0] : ""}${
      first <= last ? ", " + moment(first, true) + (last > first ? " to " + moment(last,
        moment(first, true).slice(0, 10) !== moment(last, true).slice(0, 10)) : "") + " UTC" : ""
    }. Packets go from left to right; the wider a line, the more traces.`;
  },

  begin() {
    const { traces, names } = readRecords();
    this.model = buildModel(traces, names);
    this.networks = networksOf(this.model);
    this.colours = new Map(this.networks.filter((one) => one.colour)
      .map((one) => [one.asn, one.colour]));
    const stops = new Map();
    for (const { stop } of traces) stops.set(stop, (stops.get(stop) || 0) + 1);
    this.stops = [...stops].sort((a, b) => b[1] - a[1]);
    this.state = this.readHash();
    if (traces.length === 1 && !location.hash) this.state.trace = 0;
    this.theme(this.state.theme);
    this.about();
    Graph.start(byId("routes"), this);
    const search = byId("search");
    search.value = this.state.q;
    search.addEventListener("input", () => this.set({ q: search.value }));
    byId("theme").addEventListener("click", () => {
      const now = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
      this.theme(now);
      this.set({ theme: now });
    });
    document.addEventListener("pointerover", showTip);
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && document.activeElement !== search) {
        event.preventDefault();
        search.focus();
      } else if (event.key === "Escape") {
        search.value = "";
        this.set({ ...FRESH, tab: this.state.tab, theme: this.state.theme });
      }
    });
    window.addEventListener("hashchange", () => {
      this.state = this.readHash();
      search.value = this.state.q;
      this.theme(this.state.theme);
      this.update(true);
    });
    this.update(true);
    document.body.dataset.ready = "yes";
  },
};

document.addEventListener("DOMContentLoaded", () => app.begin());
