// What all pictures of a report share: elements, scales, axes, the tip at the pointer. No library, no network.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const STATE_NAMES = ["RUNNING", "COMPLETE", "PRUNED", "FAIL", "WAITING", "PAUSED"];
const pictures = []; // functions that draw; called again when the width changes

function svg(name, attributes, parent, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) node.setAttribute(key, attributes[key]);
  if (text !== undefined) node.textContent = text; // never markup: names are the user's
  if (parent) parent.appendChild(node);
  return node;
}

function html(name, className, parent, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  if (parent) parent.appendChild(node);
  return node;
}

function short(value) {
  if (value === null || value === undefined) return "none";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
  return String(Number(value.toPrecision(4)));
}

function seconds(value) {
  if (value < 10) return value.toFixed(2) + " s";
  if (value < 60) return Math.round(value) + " s";
  const whole = Math.round(value), part = (n, unit) => (n ? ` ${n} ${unit}` : "");
  if (whole < 3600) return Math.floor(whole / 60) + " min" + part(whole % 60, "s");
  return Math.floor(whole / 3600) + " h" + part(Math.floor(whole % 3600 / 60), "min");
}

function cut(text, most) {
  return text.length > most ? text.slice(0, most - 1) + "\u2026" : text;
}

// A scale from [low, high] to pixels [from, to]; a logarithmic one has all values above 0.
function scale(low, high, from, to, log) {
  if (!(low < high)) { const pad = log ? 1 : Math.abs(low) * 0.05 || 0.5; [low, high] = log ? [low / 2, low * 2] : [low - pad, high + pad]; }
  const f = log ? Math.log10 : Number;
  const a = f(low), b = f(high);
  const at = (value) => from + (f(value) - a) / (b - a) * (to - from);
  at.low = low; at.high = high; at.log = log;
  at.clamp = (value) => at(Math.min(high, Math.max(low, value)));
  return at;
}

function ticks(low, high, most, log) {
  if (log) {
    const found = [], decades = Math.log10(high / low);
    const parts = decades > most ? null : decades > most / 2 ? [1] : decades > 1 ? [1, 3] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
    const step = parts ? 1 : Math.ceil(decades / most);
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high) + 1; e += step)
      for (const part of parts || [1]) {
        const value = Number((part * 10 ** e).toPrecision(3));
        if (value >= low * 0.9999 && value <= high * 1.0001) found.push(value);
      }
    if (found.length > most) return found.filter((_, i) => i % Math.ceil(found.length / most) === 0);
    if (found.length >= 2) return found;
  }
  const raw = (high - low) / Math.max(1, most), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => k >= raw) || raw;
  const found = [];
  for (let value = Math.ceil(low / step - 1e-9) * step; value <= high + step * 1e-9; value += step) found.push(Number(value.toPrecision(12)));
  return found;
}

// The range of values to draw: far outliers on the worse side lie at its edge. worse: 1 when larger is worse.
function range(values, worse) {
  const sorted = values.filter((v) => v !== null && Number.isFinite(v)).sort((a, b) => a - b);
  if (!sorted.length) return null;
  const q = (share) => sorted[Math.round(share * (sorted.length - 1))];
  let low = sorted[0], high = sorted[sorted.length - 1];
  const log = low > 0 && high / low > 300;
  const reach = 1.5 * (q(0.9) - q(0.1)) || high - low;
  if (!log && worse > 0 && high > q(0.9) + 2 * reach) high = q(0.9) + reach;
  if (!log && worse < 0 && low < q(0.1) - 2 * reach) low = q(0.1) - reach;
  const pad = log ? 0 : (high - low) * 0.04;
  return { low: low - pad, high: high + pad, log, outside: sorted.filter((v) => v < low || v > high).length };
}

const SIGN = data.study.directions.map((word) => (word === "maximize" ? -1 : 1));

// A picture in the element #id: draw(svg, width, height) is called with an empty drawing.
function picture(id, height, draw) {
  const host = document.getElementById(id);
  if (!host) return;
  const redraw = () => {
    const width = Math.max(240, host.clientWidth), tall = typeof height === "function" ? height(width) : height;
    host.replaceChildren();
    const root = svg("svg", { width, height: tall, viewBox: `0 0 ${width} ${tall}`, role: "img", "aria-label": host.dataset.label || "" }, host);
    draw(root, width, tall, host);
  };
  pictures.push(redraw);
}

function axes(root, x, y, box, names) {
  const g = svg("g", { class: "axes" }, root);
  for (const value of y ? y.marks || ticks(y.low, y.high, 5, y.log) : []) {
    const at = y(value);
    svg("line", { x1: box.left, x2: box.right, y1: at, y2: at, class: "rule" }, g);
    svg("text", { x: box.left - 6, y: at + 4, "text-anchor": "end" }, g, y.text ? y.text(value) : short(value));
  }
  for (const value of x ? x.marks || ticks(x.low, x.high, Math.max(3, Math.floor((box.right - box.left) / 70)), x.log) : []) {
    const at = x(value);
    svg("line", { x1: at, x2: at, y1: box.bottom, y2: box.bottom + 4, class: "tick" }, g);
    const side = at < 24 ? "start" : at > box.right - 12 && box.right > root.clientWidth - 24 ? "end" : "middle";
    svg("text", { x: at, y: box.bottom + 17, "text-anchor": side }, g, x.text ? x.text(value) : short(value));
  }
  svg("line", { x1: box.left, x2: box.right, y1: box.bottom, y2: box.bottom, class: "tick" }, g);
  if (names && names[0]) svg("text", { x: (box.left + box.right) / 2, y: box.bottom + 34, "text-anchor": "middle", class: "name" }, g, names[0]);
  if (names && names[1]) svg("text", { x: box.left, y: box.top - 8, "text-anchor": "start", class: "name" }, g, names[1]);
}

// Many dots as one path a class: cheap for thousands.
function dots(root, points, radius) {
  const paths = {};
  for (const p of points) paths[p.kind] = (paths[p.kind] || "") + `M${p.x.toFixed(1)} ${p.y.toFixed(1)}h0`;
  for (const kind in paths) svg("path", { d: paths[kind], class: "dots " + kind, "stroke-width": 2 * radius }, root);
}

const tip = html("div", "tip", document.body);
tip.hidden = true;

function showTip(event, text) {
  tip.textContent = text;
  tip.hidden = false;
  const x = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8), y = event.clientY + 16;
  tip.style.left = Math.max(4, x) + "px";
  tip.style.top = (y + tip.offsetHeight > window.innerHeight ? event.clientY - tip.offsetHeight - 12 : y) + "px";
}

// Shows the text of the nearest point within reach of the pointer.
function hoverNearest(root, points, reach) {
  const mark = svg("circle", { r: 6, class: "mark", visibility: "hidden" }, root);
  const move = (event) => {
    const box = root.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, distance = reach * reach;
    for (const p of points) {
      const d = (p.x - x) ** 2 + (p.y - y) ** 2;
      if (d < distance) { best = p; distance = d; }
    }
    mark.setAttribute("visibility", best ? "visible" : "hidden");
    if (!best) { tip.hidden = true; return; }
    mark.setAttribute("cx", best.x); mark.setAttribute("cy", best.y);
    showTip(event, typeof best.text === "function" ? best.text() : best.text);
  };
  root.addEventListener("pointermove", move);
  root.addEventListener("pointerdown", move);
  root.addEventListener("pointerleave", () => { tip.hidden = true; mark.setAttribute("visibility", "hidden"); });
}

function hover(node, text) {
  const show = (event) => showTip(event, typeof text === "function" ? text() : text);
  node.addEventListener("pointermove", show);
  node.addEventListener("pointerdown", show);
  node.addEventListener("pointerleave", () => { tip.hidden = true; });
}
