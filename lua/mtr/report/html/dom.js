// SPDX-License-Identifier: MIT
//
// Makes elements. Every text goes in as textContent, so nothing that came from a network can become
// markup; this is the only file that makes elements.

"use strict";

const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);

function fill(element, attributes, children) {
  for (const name of Object.keys(attributes || {})) {
    const value = attributes[name];
    if (value === undefined || value === false || value === null) continue;
    if (name === "on") {
      for (const event of Object.keys(value)) element.addEventListener(event, value[event]);
    } else if (name === "style") {
      for (const key of Object.keys(value)) element.style.setProperty(key, value[key]);
    } else {
      element.setAttribute(name, value);
    }
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) element.append(child);
  }
  return element;
}

// Makes an element of HTML: h("p", { class: "dim", on: { click: f } }, "text", other).
function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// Makes an element of SVG.
function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

const count = (n) => n.toLocaleString("en-US");
const many = (n, one, more) => `${count(n)} ${n === 1 ? one : more || one + "s"}`;

// A time in ms, short.
function ms(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ms`;
}

// A moment, unix seconds, in UTC.
function moment(seconds, withDay) {
  if (!seconds) return "";
  const text = new Date(seconds * 1000).toISOString();
  return (withDay ? text.slice(0, 10) + " " : "") + text.slice(11, 19);
}

// Shortens a text in its middle.
function short(text, most) {
  if (text.length <= most) return text;
  const left = Math.ceil((most - 1) * 0.6);
  return `${text.slice(0, left)}…${text.slice(text.length - (most - 1 - left))}`;
}

// What the pointer is over says more. The texts are in one map, and one listener shows them, because
// the graph makes its elements again whenever it moves.
const tips = new WeakMap();

function tip(element, text) {
  tips.set(element, text);
  return element;
}

function showTip(event) {
  const box = byId("tip");
  let element = event.target;
  while (element && !tips.has(element)) element = element.parentNode;
  box.hidden = !element;
  if (!element) return;
  const text = tips.get(element);
  box.textContent = typeof text === "function" ? text() : text;
  const left = Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8);
  const top = Math.min(event.clientY + 14, innerHeight - box.offsetHeight - 8);
  box.style.setProperty("left", `${left}px`);
  box.style.setProperty("top", `${top}px`);
}
