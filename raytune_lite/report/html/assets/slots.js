// Pictures of slots and decisions: rung ladder, timeline, where the time went, grid map.
const OUTCOMES = { complete: "it is COMPLETE", pruned: "it was pruned", interrupted: "it was asked to end, and goes on later", fail: "it failed" };

picture("ladder", () => 30 + 46 * data.ladder.levels.length, (root, width) => {
  const levels = [...data.ladder.levels].reverse(), most = Math.max(...levels.map((l) => l.n)), many = new Set(levels.map((l) => l.bracket)).size > 1;
  const left = many ? 128 : 78, right = width - 12;
  levels.forEach((level, i) => {
    const y = 8 + 46 * i, unit = (right - left) / most;
    svg("text", { x: left - 10, y: y + 15, "text-anchor": "end" }, root, (many ? `bracket ${level.bracket}, ` : "") + `step ${level.level}`);
    const parts = [["r-promoted", level.promoted, "promoted"], ["r-waiting", level.waiting, "waiting"], ["r-rest", level.n - level.promoted - level.waiting, "not promoted"]];
    let x = left;
    for (const [kind, n, word] of parts) {
      if (!n) continue;
      const bar = svg("rect", { x, y, width: Math.max(1.5, n * unit), height: 20, class: kind }, root);
      hover(bar, `step ${level.level}: ${n} of ${level.n} ${word}\nbest ${short(level.best)}, median ${short(level.median)}, worst that was promoted ${short(level.worst_promoted)}`);
      x += n * unit;
    }
    const text = `${level.n} trials, ${level.promoted} promoted` + (level.waiting ? `, ${level.waiting} waiting` : "") + `; best ${short(level.best)}`
      + (level.worst_promoted === null || width < 500 ? "" : `, worst promoted ${short(level.worst_promoted)}`);
    svg("text", { x: left, y: y + 34, class: "end" }, root, cut(text, Math.floor((right - left) / 6)));
  });
});

// What became of a trial at the rung where an attempt ended, as a sentence.
const promotionsOf = {};
for (const p of data.ladder ? data.ladder.promotions : []) (promotionsOf[p.trial] = promotionsOf[p.trial] || []).push(p);

function decisionText(bar) {
  const [, start, end, name, trial, attempt, outcome, from] = bar, offset = data.timeline.start;
  const lines = [`trial ${trial}, attempt ${attempt}: ${seconds(end - start)}` + (from === null ? "" : `, from step ${from}`)];
  lines.push(outcome === null ? "it is running" : outcome === "paused" ? "it paused at a rung" : OUTCOMES[outcome] || `it ended by ${outcome}`);
  for (const p of promotionsOf[trial] || []) {
    const mine = p.at !== null && p.at >= bar[1] + offset - 1e-3;
    const place = p.place === null ? "" : `, place ${p.place} of ${p.of} there`;
    if (mine || data.timeline.gaps.length) lines.push(`promoted from step ${p.level}${place}${p.in_place ? ", without a pause" : ", in a new attempt"}`);
  }
  lines.push(`most of its time: ${name.replace("_", " ")}`);
  return lines.join("\n");
}

picture("timeline", (w) => 30 + data.timeline.lanes.length * laneHeight() + 22 * nodesOf().length, (root, width) => {
  const found = data.timeline, tall = laneHeight(), left = width < 500 ? 8 : 14, right = width - 10;
  const x = scale(0, found.length, left, right), tops = [];
  let y = 4, node = null;
  found.lanes.forEach((lane, i) => {
    if (placeOf(lane) !== node) {
      node = placeOf(lane);
      svg("text", { x: left, y: y + 14, class: "end" }, root, cut(node, 60));
      y += 22;
    }
    tops[i] = y;
    svg("rect", { x: left, y: y, width: right - left, height: tall - 1.5, class: "lane" }, root);
    y += tall;
  });
  for (const bar of found.bars || []) {
    const [lane, start, end, name] = bar;
    const r = svg("rect", { x: x(start).toFixed(2), y: tops[lane], width: Math.max(0.8, x(end) - x(start) - 0.3).toFixed(2), height: tall - 1.5, class: "n-" + name }, root);
    hover(r, () => decisionText(bar));
  }
  for (const [lane, start, end, name, n] of found.slices || []) {
    const r = svg("rect", { x: x(start).toFixed(2), y: tops[lane], width: Math.max(0.8, x(end) - x(start)).toFixed(2), height: tall - 1.5, class: "n-" + name }, root);
    hover(r, `${n} attempts, mostly ${name.replace("_", " ")}\n${seconds(start)} to ${seconds(end)}`);
  }
  for (const [at, left_out] of found.gaps) {
    const line = svg("line", { x1: x(at), x2: x(at), y1: 4, y2: y, class: "gap" }, root);
    hover(line, `${seconds(left_out)} without any attempt are left out here`);
  }
  const bottom = { left, right, top: 0, bottom: y + 2 };
  x.text = (value) => (value === 0 ? "0" : seconds(value));
  axes(root, x, null, bottom, ["", ""]);
});

function placeOf(lane) { return "node " + (lane.node || "(this process)") + (lane.gpus ? ", GPU " + lane.gpus : ""); }
function nodesOf() { return [...new Set(data.timeline.lanes.map(placeOf))]; }
function laneHeight() { const n = data.timeline.lanes.length; return n > 24 ? 8 : n > 10 ? 13 : 20; }

picture("time", 44, (root, width) => {
  let x = 0;
  for (const part of data.time.parts) {
    const wide = data.time.capacity ? part.seconds / data.time.capacity * width : 0;
    if (wide <= 0) continue;
    const share = 100 * part.seconds / data.time.capacity;
    const r = svg("rect", { x, y: 4, width: wide, height: 34, class: "n-" + part.name }, root);
    hover(r, `${part.name.replace("_", " ")}: ${seconds(part.seconds)}, ${share.toFixed(1)} %\n${part.meaning}`);
    if (wide > 46) svg("text", { x: x + wide / 2, y: 26, "text-anchor": "middle", class: "on n-on-" + part.name }, root, share.toFixed(0) + " %");
    x += wide;
  }
});

picture("grid-map", (w) => gridShape().rows * gridCell(w) + 46, (root, width, height) => {
  const { rows, columns, names } = gridShape(), side = gridCell(width), wide = Math.min(side * 3, (width - 70) / columns), left = 64;
  const values = data.grid.cells.map((c) => c[4]).filter((v) => v !== null).sort((a, b) => SIGN[0] * (a - b));
  const color = (v) => Math.min(4, Math.floor(5 * values.indexOf(v) / values.length));
  const seen = {};
  for (const c of data.grid.cells) seen[c[0]] = c;
  for (let cell = 0; cell < rows * columns; cell++) {
    const c = seen[cell], state = c ? c[1] : "free", x = left + (cell % columns) * wide, y = 6 + Math.floor(cell / columns) * side;
    const kind = c && c[4] !== null && state === "done" ? "q" + color(c[4]) + " cell" : "cell g-" + state;
    const r = svg("rect", { x, y, width: Math.max(1, wide - 1), height: Math.max(1, side - 1), class: kind }, root);
    hover(r, () => `cell ${cell}: ${state}\n${cellText(cell)}` + (c ? `\ntrial ${c[2]}${c[4] === null ? "" : ", " + short(c[4])}${c[3] ? `, ${c[3]} failed before` : ""}` : ""));
  }
  const every = Math.max(1, Math.ceil(12 / side));
  if (names.rows) names.rows.forEach((text, i) => { if (i % every === 0) svg("text", { x: left - 6, y: 6 + i * side + side / 2 + 4, "text-anchor": "end", class: "end" }, root, cut(text, 8)); });
  const step = Math.max(1, Math.ceil(44 / wide));
  if (names.columns) names.columns.forEach((text, i) => { if (i % step === 0) svg("text", { x: left + i * wide + wide / 2, y: 6 + rows * side + 14, "text-anchor": "middle", class: "end" }, root, cut(text, 7)); });
  svg("text", { x: left, y: 6 + rows * side + 32, class: "name" }, root, names.title);
});

function gridShape() {
  const axes = data.grid.axes, half = Math.ceil(axes.length / 2), size = (list) => list.reduce((n, a) => n * a.values.length, 1);
  const down = axes.slice(0, axes.length === 1 ? 0 : half), across = axes.slice(axes.length === 1 ? 0 : half);
  const text = (list) => list.map((a) => a.name).join(", ");
  return {
    rows: size(down), columns: size(across),
    names: { rows: down.length === 1 ? down[0].values : null, columns: across.length === 1 ? across[0].values : null, title: (down.length ? `down: ${text(down)}; ` : "") + `across: ${text(across)}` },
  };
}

function gridCell(width) { const { rows } = gridShape(); return Math.max(3, Math.min(26, 420 / rows)); }

function cellText(cell) {
  let rest = cell;
  const parts = [];
  for (const axis of [...data.grid.axes].reverse()) {
    parts.unshift(`${axis.name} = ${axis.values[rest % axis.values.length]}`);
    rest = Math.floor(rest / axis.values.length);
  }
  return parts.join(", ");
}

let drawnAt = 0;
function drawAll() {
  if (document.documentElement.clientWidth === drawnAt) return;
  drawnAt = document.documentElement.clientWidth;
  for (const redraw of pictures) redraw();
}
window.addEventListener("resize", drawAll);
drawAll();
document.documentElement.dataset.drawn = "yes";
