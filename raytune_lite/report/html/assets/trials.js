// Pictures of trials: history, learning curves, slices, parallel coordinates, importances, Pareto front.
const metric = (k) => data.study.metrics[k];
const stateClass = (state) => "s" + state;

data.histories.forEach((history, k) => picture("history-" + k, (w) => (w < 500 ? 240 : 300), (root, width, height) => {
  const box = { left: 58, right: width - 12, top: 26, bottom: height - 44 };
  const r = range(history.points.map((p) => p[3]), SIGN[k]);
  if (!r) return;
  const x = scale(0, Math.max(2, history.n), box.left, box.right), y = scale(r.low, r.high, box.bottom, box.top, r.log);
  axes(root, x, y, box, ["trials that have ended", metric(k)]);
  const points = history.points.map((p) => ({
    x: x(p[0]), y: p[3] === null ? box.bottom : y.clamp(p[3]), kind: p[3] === null ? "s3 hollow" : stateClass(p[2]),
    text: `trial ${p[1]}: ${STATE_NAMES[p[2]]}${p[3] === null ? ", no value" : ", " + short(p[3])}`,
  }));
  dots(root, points, history.points.length > 800 ? 1.5 : 3);
  if (history.best.length) {
    let path = "";
    history.best.forEach(([place, value], i) => { path += (i ? `H${x(place)}V` : `M${x(place)} `) + y.clamp(value); });
    svg("path", { d: path + `H${x(history.n)}`, class: "best" }, root);
    for (const [place, value, trial] of history.best) points.push({ x: x(place), y: y.clamp(value), text: `trial ${trial}: new best, ${short(value)}` });
  }
  hoverNearest(root, points, 16);
}));

picture("curves", (w) => (w < 500 ? 240 : 320), (root, width, height) => {
  const box = { left: 58, right: width - 12, top: 26, bottom: height - 44 }, all = data.curves.curves;
  const steps = [], values = [];
  for (const [, , flat] of all) for (let i = 0; i < flat.length; i += 2) { steps.push(flat[i]); values.push(flat[i + 1]); }
  const r = range(values, SIGN[0]), low = Math.min(...steps), high = Math.max(...steps);
  if (!r) return;
  const x = scale(low, high, box.left, box.right, low > 0 && high / low > 8), y = scale(r.low, r.high, box.bottom, box.top, r.log);
  for (const level of data.ladder ? new Set(data.ladder.levels.map((l) => l.level)) : [])
    if (level >= low && level <= high) svg("line", { x1: x(level), x2: x(level), y1: box.top, y2: box.bottom, class: "rung" }, root);
  axes(root, x, y, box, ["step", metric(0)]);
  const points = [], order = { 2: 0, 3: 1, 5: 2, 4: 2, 0: 3, 1: 4 };
  for (const [trial, state, flat] of [...all].sort((a, b) => order[a[1]] - order[b[1]])) {
    let path = "", pen = "M";
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i + 1] === null) { pen = "M"; continue; }
      const p = { x: x(flat[i]), y: y.clamp(flat[i + 1]), text: `trial ${trial} (${STATE_NAMES[state]}), step ${flat[i]}: ${short(flat[i + 1])}` };
      path += `${pen}${p.x.toFixed(1)} ${p.y.toFixed(1)}`;
      pen = "L";
      points.push(p);
    }
    svg("path", { d: path + (flat.length === 2 ? "h0" : ""), class: "curve " + stateClass(state) }, root);
  }
  hoverNearest(root, points, 14);
});

picture("compare", (w) => (w < 500 ? 220 : 260), (root, width, height) => {
  const both = data.compare, box = { left: 58, right: width - 12, top: 26, bottom: height - 44 };
  const r = range(both.best.flat().map((step) => step[1]), SIGN[0]);
  if (!r) return;
  const x = scale(0, Math.max(2, ...both.ended), box.left, box.right), y = scale(r.low, r.high, box.bottom, box.top, r.log);
  axes(root, x, y, box, ["trials that have ended", "best " + metric(0)]);
  const points = [];
  both.best.forEach((steps, k) => {
    let path = "";
    steps.forEach(([place, value, trial], i) => {
      path += (i ? `H${x(place)}V` : `M${x(place)} `) + y.clamp(value);
      points.push({ x: x(place), y: y.clamp(value), text: `${both.names[k]}: ${short(value)} by trial ${trial}` });
    });
    if (path) svg("path", { d: path + `H${x(both.ended[k])}`, class: "best two" + k }, root);
  });
  hoverNearest(root, points, 16);
});

// The value's colour, from best (0) to worst (1), by rank so that outliers do not take all the colours.
function ranks(rows) {
  const order = rows.map((row, i) => [SIGN[0] * row[2], i]).sort((a, b) => a[0] - b[0]);
  const found = new Array(rows.length);
  order.forEach(([, i], place) => { found[i] = Math.min(4, Math.floor(5 * place / rows.length)); });
  return found;
}

function paramScale(param, from, to) {
  if (!param.choices) return scale(param.low, param.high, from, to, param.log);
  const x = scale(-0.5, param.choices.length - 0.5, from, to);
  const every = Math.ceil(param.choices.length / 6);
  x.marks = param.choices.map((_, i) => i).filter((i) => i % every === 0);
  x.text = (i) => cut(param.choices[i], 10);
  return x;
}

const paramText = (param, value) => (value === null ? "absent" : param.choices ? param.choices[value] : short(value));
const rowText = (row) => `trial ${row[0]}: ${STATE_NAMES[row[1]]}, ${short(row[2])}\n`
  + data.params.map((param, k) => (row[3 + k] === null ? "" : `${param.name} = ${paramText(param, row[3 + k])}\n`)).join("").trimEnd();

data.params.forEach((param, k) => picture("slice-" + k, 190, (root, width, height) => {
  const box = { left: 52, right: width - 14, top: 12, bottom: height - 26 }, rows = data.rows.rows.filter((row) => row[3 + k] !== null);
  const r = range(rows.map((row) => row[2]), SIGN[0]);
  if (!r) return;
  const x = paramScale(param, box.left, box.right), y = scale(r.low, r.high, box.bottom, box.top, r.log);
  axes(root, x, y, box, ["", ""]);
  const points = rows.map((row, i) => ({
    // a choice has one place: its dots are spread by their number, so that they do not hide each other
    x: x(row[3 + k]) + (param.choices ? ((row[0] * 7919) % 21 - 10) * Math.min(2, width / param.choices.length / 50) : 0),
    y: y.clamp(row[2]), kind: stateClass(row[1]), text: () => rowText(row),
  }));
  dots(root, points, rows.length > 400 ? 1.4 : 2.6);
  hoverNearest(root, points, 12);
}));

picture("parallel", (w) => (w < 600 ? 60 + 62 * (data.params.length + 1) : 340), (root, width, height) => {
  const rows = data.lines.rows, place = ranks(rows), r = range(rows.map((row) => row[2]), SIGN[0]);
  if (!r) return;
  const flat = width < 600, all = data.params.length + 1; // on a phone the axes lie, one below the other
  const names = [...data.params.map((p) => p.name), metric(0)];
  const start = flat ? 36 : 48, end = flat ? height - 40 : width - 48, gap = (end - start) / Math.max(1, all - 1);
  const some = (i) => rows.some((row) => row[3 + i] === null); // trials without this parameter pass beside its axis
  const from = flat ? 40 : height - 52, to = flat ? width - 24 : 40, absent = flat ? 16 : height - 18;
  const scales = [...data.params.map((p) => paramScale(p, from, to)), scale(r.low, r.high, from, to, r.log)];
  const at = (i, v) => (flat ? [scales[i].clamp(v), start + i * gap] : [start + i * gap, scales[i].clamp(v)]);
  const layers = [4, 3, 2, 1, 0].map((k) => [k, ""]), points = [];
  const paths = Object.fromEntries(layers);
  rows.forEach((row, n) => {
    let pen = "M", path = "";
    for (let i = 0; i < all; i++) {
      const value = i < all - 1 ? row[3 + i] : row[2];
      const [px, py] = value === null ? (flat ? [absent, start + i * gap] : [start + i * gap, absent]) : at(i, value);
      path += `${pen}${px.toFixed(1)} ${py.toFixed(1)}`;
      pen = "L";
      points.push({ x: px, y: py, text: () => rowText(row) });
    }
    paths[place[n]] += path;
  });
  for (const [k] of layers) svg("path", { d: paths[k], class: `lines q${k}${rows.length > 150 ? " many" : ""}` }, root);
  names.forEach((name, i) => {
    const line = start + i * gap;
    svg("line", flat ? { x1: from, x2: to, y1: line, y2: line, class: "tick" } : { x1: line, x2: line, y1: from, y2: to, class: "tick" }, root);
    if (i < all - 1 && some(i)) svg("text", flat ? { x: 2, y: line + 14, class: "end" } : { x: line, y: height - 4, "text-anchor": "middle", class: "end" }, root, "absent");
    const s = scales[i], ends = s.text ? [[s.low + 0.5, s.text(0)], [s.high - 0.5, s.text(Math.round(s.high - 0.5))]] : [[s.low, short(s.low)], [s.high, short(s.high)]];
    const label = { class: "name", "text-anchor": flat ? "start" : "middle", x: flat ? 2 : line, y: flat ? line - 20 : 16 };
    svg("text", label, root, cut(name, flat ? 40 : Math.max(6, Math.floor(gap / 7))));
    ends.forEach(([, text], j) => svg("text", flat
      ? { x: j ? to : from, y: line - 5, "text-anchor": j ? "end" : "start", class: "end" }
      : { x: line, y: j ? to - 6 : from + 16, "text-anchor": "middle", class: "end" }, root, cut(text, 10)));
  });
  hoverNearest(root, points, 12);
});

data.importances.forEach((found, k) => picture("importances-" + k, () => 12 + 24 * found.shares.length, (root, width) => {
  const left = Math.min(170, width * 0.4), right = width - 56;
  found.shares.forEach(([name, share], i) => {
    const y = 6 + 24 * i;
    svg("text", { x: left - 8, y: y + 14, "text-anchor": "end" }, root, cut(name, Math.floor(left / 7.5)));
    svg("rect", { x: left, y: y + 2, width: Math.max(1, share * (right - left)), height: 16, class: "bar" }, root);
    svg("text", { x: left + Math.max(1, share * (right - left)) + 6, y: y + 14 }, root, (100 * share).toFixed(share < 0.0995 ? 1 : 0) + " %");
  });
}));

picture("front", (w) => Math.min(420, Math.max(260, w * 0.6)), (root, width, height) => {
  const box = { left: 58, right: width - 14, top: 26, bottom: height - 44 }, points = data.front.points.filter((p) => p[2] !== null && p[3] !== null);
  const rx = range(points.map((p) => p[2]), SIGN[0]), ry = range(points.map((p) => p[3]), SIGN[1]);
  if (!rx || !ry) return;
  const x = scale(rx.low, rx.high, box.left, box.right, rx.log), y = scale(ry.low, ry.high, box.bottom, box.top, ry.log);
  const arrow = (k) => `${metric(k)} (${data.study.directions[k]})`;
  axes(root, x, y, box, [arrow(0), arrow(1)]);
  const drawn = points.map((p) => ({
    x: x.clamp(p[2]), y: y.clamp(p[3]), kind: p[1] ? "front" : "behind",
    text: `trial ${p[0]}${p[1] ? ", on the front" : ""}\n` + p.slice(2).map((v, k) => `${metric(k)}: ${short(v)}`).join("\n"),
  }));
  dots(root, drawn.filter((p) => p.kind === "behind"), 2);
  dots(root, drawn.filter((p) => p.kind === "front"), 4);
  hoverNearest(root, drawn, 14);
});
