// The explorer's program: unpacks the data, keeps the choice in the address, draws charts and the table.
"use strict";

(async () => {
  const NONE = 65535;
  const CHOICES = ["task", "model_family", "metric", "subtask", "shots", "filter"];
  const ROWS_AT_ONCE = 100;
  const at = (id) => document.getElementById(id);

  // --- data --------------------------------------------------------------------------------------------------------

  async function unpacked() {
    const text = atob(at("packed").textContent.trim());
    const bytes = new Uint8Array(text.length);
    for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const buffer = await new Response(stream).arrayBuffer();
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const kinds = { uint16: Uint16Array, int32: Int32Array, float32: Float32Array };
    const columns = {};
    for (const [name, [kind, first, n]] of Object.entries(header.columns)) {
      columns[name] = new kinds[kind](buffer, 4 + length + first, n);
    }
    return [header, columns];
  }

  const [{ texts, scales, scale_name: scaleName, n_short: nShort, min_scales: minScales, min_scales_counted: minCounted, called, formula }, columns] = await unpacked();
  const nCurves = columns.task.length;
  const widths = texts.model_family.map((family) => scales[family].length);
  const start = new Uint32Array(nCurves + 1);
  for (let k = 0; k < nCurves; k++) start[k + 1] = start[k] + widths[columns.model_family[k]];

  const text = (name, k) => (columns[name][k] === NONE ? null : texts[name][columns[name][k]]);
  const value = (name, k) => (name === "shots" ? String(columns.shots[k] < 0 ? "unknown" : columns.shots[k]) : text(name, k));
  const number = (name, k) => (Number.isNaN(columns[name][k]) ? null : columns[name][k]);

  function points(k) {
    const present = [];
    scales[text("model_family", k)].forEach((scale, place) => {
      const score = columns.scores[start[k] + place];
      if (!Number.isNaN(score)) present.push({ scale, score, stderr: columns.stderr[start[k] + place], nModels: columns.n_models[start[k] + place] });
    });
    return present;
  }

  // Large and small numbers as 2.6 × 10⁸.
  const raised = (n) => [...String(n)].map((one) => (one === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[one])).join("");
  function shown(x) {
    if (x === null || x === undefined) return "–";
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
    const size = Math.abs(x);
    if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
      const [digits, exponent] = x.toExponential(2).split("e");
      return `${Number(digits)} × 10${raised(Number(exponent))}`.replace("-", "−");
    }
    return Number(x.toPrecision(4)).toLocaleString("en", { maximumSignificantDigits: 4 }).replace("-", "−");
  }
  const count = (n) => n.toLocaleString("en");
  const p = (x) => (x < 0.001 ? "< 0.001" : x.toFixed(3));
  const NO_SHARE = "not tested: not percent-correct";
  const inWords = (verdict) => (verdict === null ? NO_SHARE : called[verdict]);
  const verdict = (k) => inWords(text("verdict", k));

  // Largest score less smallest, of their size where that is above 1: what tells two infinite scores apart.
  function range(k) {
    const scores = points(k).map((point) => point.score);
    const [least, most] = [Math.min(...scores), Math.max(...scores)];
    return (most - least) / Math.max(Math.abs(least), Math.abs(most), 1);
  }

  // --- the choice, which the address keeps -------------------------------------------------------------------------

  function wanted() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  }

  // The table's filters are in the address too, where they are set.
  const FILTERS = ["search", "of_verdict", "of_family", "of_metric"];
  function keep() {
    const chosen = CHOICES.map((name) => [name, at(name).value]);
    const filters = FILTERS.map((name) => [name, at(name).value]).filter(([, content]) => content);
    const state = new URLSearchParams([...chosen, ...filters]).toString();
    if (location.hash.slice(1) !== state) history.replaceState(null, "", "#" + state);
  }

  const curvesOfTask = new Map();
  for (let k = 0; k < nCurves; k++) {
    const name = columns.task[k];
    if (!curvesOfTask.has(name)) curvesOfTask.set(name, []);
    curvesOfTask.get(name).push(k);
  }

  const orders = { shots: (a, b) => Number(a) - Number(b) };
  function fill(name, values, chosen) {
    const select = at(name);
    const ordered = [...new Set(values)].sort(orders[name]);
    const options = ordered.map((content) => {
      const option = document.createElement("option");
      option.value = option.textContent = content;
      return option;
    });
    select.replaceChildren(...options);
    select.value = ordered.includes(chosen) ? chosen : ordered[0];
    return select.value;
  }

  if (texts.filter.length === 1) at("filter").parentElement.hidden = true; // nothing to choose

  let current = null;
  function choose(selection) {
    const task = fill("task", texts.task, selection.task);
    let left = curvesOfTask.get(texts.task.indexOf(task));
    for (const name of CHOICES.slice(1)) {
      const values = left.map((k) => value(name, k));
      const chosen = fill(name, values, selection[name]);
      left = left.filter((k, place) => values[place] === chosen);
    }
    current = left[0];
    keep();
    draw();
  }

  // --- charts ------------------------------------------------------------------------------------------------------

  // Ticks at 1 and, over less than 2.5 decades, at 3 times a power of ten; 10^9 is written B, as in the names of models.
  function scaleAxis(data) {
    const [from, to] = [data[0].scale, data[data.length - 1].scale];
    const values = [];
    for (let k = Math.floor(Math.log10(from)); k <= Math.log10(to); k++) {
      for (const one of to / from < 300 ? [1, 3] : [1]) if (one * 10 ** k >= from / 1.5 && one * 10 ** k <= to * 1.5) values.push(one * 10 ** k);
    }
    const labelExpr = "datum.value < 1 ? format(datum.value, '~g') : replace(format(datum.value, '~s'), 'G', 'B')";
    const scale = { type: "log", domain: [Math.min(from / 1.2, values[0] ?? from), Math.max(to * 1.2, values[values.length - 1] ?? to)], nice: false };
    return { field: "scale", type: "quantitative", scale, axis: { values, labelExpr, labelOverlap: true }, title: scaleName };
  }

  const Z = 1.959964;

  // Wilson's 95 % interval of a share of n.
  function wilson(share, n) {
    const middle = (share + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
    const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt(Math.max(0, share * (1 - share)) / n + (Z * Z) / (4 * n * n));
    return { low: share <= 0 ? 0 : middle - half, high: share >= 1 ? 1 : middle + half }; // else off by rounding
  }

  // Between which shares 95 % of the scores of n examples lie, where the law gives `mean` and models scatter: beta-binomial, as
  // analysis/jumpcheck/breaks/prediction.py says, which a test compares.
  function predicted(mean, n, scatter) {
    const MOST = 20000;
    n = Math.max(1, Math.round(n));
    if (scatter * n > 50) n = Math.min(n, MOST);
    const p = Math.min(Math.max(mean, 0), 1);
    if (!(p > 1e-12 && p < 1 - 1e-12)) return { low: Math.round(p), high: Math.round(p) };
    const rho = Math.min(scatter, 1 - 1e-9);
    const wide = n > MOST ? 12 * Math.sqrt(n * p * (1 - p) * (1 + (n - 1) * rho)) + 30 : n;
    const [from, to] = [Math.max(0, Math.trunc(n * p - wide)), Math.min(n, Math.trunc(n * p + wide) + 1)];
    // Logs of probabilities, by the ratios of neighbours.
    const logs = new Float64Array(to - from + 1);
    let most = 0;
    for (let k = from; k < to; k++) {
      const ratio = (((n - k) / (k + 1)) * (k * rho + p * (1 - rho))) / ((n - k - 1) * rho + (1 - p) * (1 - rho));
      logs[k - from + 1] = logs[k - from] + Math.log(ratio);
      most = Math.max(most, logs[k - from + 1]);
    }
    const total = logs.reduce((sum, one) => sum + Math.exp(one - most), 0);
    const ends = [];
    let sum = 0;
    for (let place = 0; place < logs.length && ends.length < 2; place++) {
      sum += Math.exp(logs[place] - most) / total;
      while (ends.length < 2 && sum >= [0.025, 0.975][ends.length]) ends.push((from + place) / n);
    }
    return { low: ends[0] ?? from / n, high: ends[1] ?? to / n };
  }

  // The smooth law of analysis/jumpcheck/breaks/smooth_law.py: a quadratic in log scale, orthogonal over the curve's own scales.
  function fitted(k, data) {
    const [level, slope, curvature, floor, n, scatter] = ["level", "slope", "curvature", "floor", "n_examples", "scatter"].map((name) => number(name, k));
    if (level === null) return [];
    // Averaged models scatter independently: the correlation of all their answers together is smaller.
    const counts = data.map((point) => point.nModels).sort((a, b) => a - b);
    const nModels = (counts[(counts.length - 1) >> 1] + counts[counts.length >> 1]) / 2;
    const together = (scatter * (n - 1)) / Math.max(n * nModels - 1, 1);
    const mean = (values) => values.reduce((sum, one) => sum + one, 0) / values.length;
    const logs = data.map((point) => Math.log(point.scale));
    const centre = mean(logs);
    const spread = Math.sqrt(mean(logs.map((x) => (x - centre) ** 2)));
    const own = logs.map((x) => (x - centre) / spread);
    const skew = mean(own.map((t) => t ** 3));
    const size = Math.sqrt(mean(own.map((t) => (t * t - 1 - skew * t) ** 2)));
    const [from, to] = [data[0].scale, data[data.length - 1].scale];
    const law = [];
    for (let step = 0; step <= 60; step++) {
      const scale = from * (to / from) ** (step / 60);
      const t = (Math.log(scale) - centre) / spread;
      const eta = level + slope * spread * t + (curvature * (t * t - 1 - skew * t)) / size;
      const share = floor + (1 - floor) * Math.exp(-Math.exp(eta));
      law.push({ scale, mean: share, ...predicted(share, n * nModels, together) });
    }
    return law;
  }

  const isShare = (k, data) => text("verdict", k) !== null && data.every(({ score }) => score >= 0 && score <= 1);
  const isLog = (k) => text("scored_as", k) === "log"; // a perplexity is scored as its logarithm, and drawn on a logarithmic axis

  // Points as they are drawn, with 95 % intervals: of a share from the number of examples, else from the source's standard errors.
  function drawn(k) {
    const data = points(k);
    const n = number("n_examples", k);
    const share = isShare(k, data);
    return data.map(({ scale, score, stderr, nModels }) => {
      let interval = {};
      if (share && n) interval = wilson(score, n * nModels);
      else if (stderr > 0 && isLog(k)) interval = { low: score - (Z * stderr) / Math.exp(score), high: score + (Z * stderr) / Math.exp(score) };
      else if (stderr > 0) interval = { low: score - Z * stderr, high: score + Z * stderr };
      const values = { score, ...interval };
      if (isLog(k)) for (const name of Object.keys(values)) values[name] = Math.exp(values[name]);
      return { scale, nModels, ...values };
    });
  }

  const factor = (name, k) => shown(Number(Math.exp(number(name, k)).toPrecision(3)));
  const isBreak = (k) => ["break", "one_model"].includes(text("verdict", k));

  function chart(k, isLarge) {
    const data = drawn(k);
    const extent = isShare(k, data) ? { domain: [0, 1] } : isLog(k) ? { type: "log", nice: true } : { zero: false };
    const title = isLarge ? value("metric", k) : null;
    const y = { field: "score", type: "quantitative", title, scale: extent };
    const x = scaleAxis(data);
    const layers = [];
    const add = (values, mark, encoding) => layers.push({ data: { values }, mark: { clip: true, ...mark }, encoding });
    const law = fitted(k, data);
    if (law.length) {
      add(law, { type: "area", color: "#dddddd" }, { x, y: { ...y, field: "low" }, y2: { field: "high" } });
      add(law, { type: "line", color: "#bb5566", strokeWidth: 2 }, { x, y: { ...y, field: "mean" } });
    }
    const chance = number("chance", k);
    if (chance > 0 && isShare(k, data)) {
      add([{ score: chance }], { type: "rule", color: "#666666", strokeDash: [2, 3] }, { y });
      if (isLarge) {
        add([{ score: chance, told: "chance" }], { type: "text", color: "#4d4d4d", align: "left", x: 4, dy: -6 }, { y, text: { field: "told" } });
      }
    }
    if (isBreak(k)) {
      const scale = number("break_scale", k);
      add([{ scale }], { type: "rule", color: "#8a5a00", strokeDash: [6, 3], strokeWidth: 1.5 }, { x });
      const told = `break: loss / ${factor("break_size", k)} (${factor("break_size_low", k)} to ${factor("break_size_up", k)})`;
      const isRight = scale * scale > data[0].scale * data[data.length - 1].scale;
      const beside = isRight ? { align: "right", dx: -5 } : { align: "left", dx: 5 };
      if (isLarge) add([{ scale, told }], { type: "text", color: "#6b4600", y: 8, ...beside }, { x, text: { field: "told" } });
    }
    const sure = data.filter((point) => point.low !== undefined);
    if (sure.length) add(sure, { type: "rule", color: "#004488", opacity: 0.65 }, { x, y: { ...y, field: "low" }, y2: { field: "high" } });
    add(data, { type: "line", color: "#004488", strokeWidth: 1 }, { x, y });
    const tooltip = [
      { field: "scaleTold", title: scaleName },
      { field: "scoreTold", title: value("metric", k) },
    ];
    const told = data.map((point) => ({ ...point, scaleTold: shown(point.scale), scoreTold: shown(point.score) + (point.low === undefined ? "" : ` (95 %: ${shown(point.low)} to ${shown(point.high)})`) }));
    add(told, { type: "point", filled: true, opacity: 1, color: "#004488", size: isLarge ? 55 : 22, clip: false }, { x, y, tooltip });
    return { width: "container", height: isLarge ? 340 : 130, layer: layers, config: { view: { stroke: null }, axis: { gridOpacity: 0.4, labelFontSize: 12, titleFontSize: 12 } } };
  }

  const QUIET = { actions: false, renderer: "svg", tooltip: { theme: "custom" } };

  // The verdict on all curves of the same task, metric and model family, where this one is not the only one.
  function ofTriplet(k) {
    const t = tripletOf.get(["task", "metric", "model_family"].map((name) => columns[name][k]).join());
    if (t === undefined) return null;
    const nOfTriplet = curvesOfTask.get(columns.task[k]).filter((other) => columns.metric[other] === columns.metric[k] && columns.model_family[other] === columns.model_family[k]).length;
    if (nOfTriplet === 1) return null;
    return `${tripletVerdict(t)}, ${curveOf(t) === k ? "by this curve" : "by another curve"}`;
  }

  function describe(k, data) {
    const list = document.createElement("dl");
    const score = number("improvement_score", k);
    const largest = number("break_size_high", k);
    const examples = number("n_examples", k);
    const toDecide = number("n_to_decide", k);
    const why = text("why_not", k);
    const facts = [
      ["verdict on this curve", why === null ? verdict(k) : `not tested: ${why}`],
      ["verdict on the triplet", ofTriplet(k)],
      ["source of the jump", text("source_of_jump", k)],
      ["improvement score", `${shown(score)}${columns.jumps[k] ? ": a jump" : ""}`],
      ["without ties", number("score_without_ties", k)],
      ["scales", `${columns.n_scales[k]}${columns.n_scales[k] < minCounted ? " (too few to jump)" : ""}`],
      ["status", text("status", k)],
      ["examples", examples === null ? null : count(examples)],
      ["q of a break", number("q_break", k) === null ? null : p(number("q_break", k))],
      [
        isBreak(k) ? "break" : "likeliest break",
        number("break_size", k) === null
          ? null
          : `from ${shown(number("break_scale", k))} ${scaleName}, loss / ${factor("break_size", k)} (${factor("break_size_low", k)} to ${factor("break_size_up", k)})`,
      ],
      ["largest rise above chance not ruled out", number("chance_bound", k) === null ? null : shown(number("chance_bound", k))],
      ["score of at least half of the models", number("constant_answer", k) === null ? null : shown(number("constant_answer", k))],
      ["largest break not ruled out", largest === null ? null : largest === Infinity ? "any" : `loss / ${factor("break_size_high", k)}`],
      ["examples to exclude one", toDecide === null ? null : shown(toDecide)],
    ];
    for (const [name, fact] of facts) {
      if (fact === null) continue;
      const [group, term, definition] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
      term.textContent = name;
      definition.textContent = typeof fact === "number" ? shown(fact) : fact;
      group.append(term, definition);
      list.append(group);
    }
    const legend = document.createElement("p");
    const told = [];
    if (data.some((point) => point.low !== undefined)) {
      told.push(isShare(k, data) && examples !== null ? "Bars: 95 % intervals of shares of this many examples." : "Bars: 95 % intervals, from the source's standard errors.");
    }
    if (number("level", k) !== null) {
      told.push(
        "Red: the smooth law, a quadratic in log scale for the log loss, fitted to the points. Grey: where 95 % of the scores lie that it gives, with the noise of the test set and the " +
          "scatter between models.",
      );
    }
    legend.textContent = told.join(" ");
    at("verdict").replaceChildren(list, legend);
  }

  // --- what is shown, as files -------------------------------------------------------------------------------------

  function save(name, content, type) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // A cell that a spreadsheet would run as a formula begins with an apostrophe, as in all tables of the workflow.
  function cell(content) {
    let written = content === null || content === undefined ? "" : content === Infinity ? "inf" : content === -Infinity ? "-inf" : String(content);
    if (typeof content === "string" && new RegExp(formula).test(written)) written = `'${written}`;
    return /[",\r\n]/.test(written) ? `"${written.replaceAll('"', '""')}"` : written;
  }
  const csv = (heads, rows) => [heads, ...rows].map((row) => row.map(cell).join(",") + "\n").join("");
  const named = (k) => ["task", "subtask", "shots", "metric", "filter", "model_family"].map((name) => value(name, k));
  const NAMED = ["task", "subtask", "shots", "metric", "filter", "model_family"];
  const four = (x) => (x === null || !Number.isFinite(x) ? x : Number(x.toPrecision(5))); // digits that the page has
  const fileName = (k, ending) => `${value("task", k)}-${value("metric", k)}-${value("model_family", k)}`.replace(/[^\w.=-]+/g, "_").slice(0, 120) + ending;

  let view = null;
  at("curve-csv").addEventListener("click", () => {
    const rows = drawn(current).map(({ scale, score, low, high }) => [...named(current), scale, four(score), four(low ?? null), four(high ?? null)]);
    save(fileName(current, ".csv"), csv([...NAMED, "scale", "score", "low", "high"], rows), "text/csv");
  });
  at("curve-svg").addEventListener("click", async () => save(fileName(current, ".svg"), await view.toSVG(), "image/svg+xml"));

  // --- drawing -----------------------------------------------------------------------------------------------------

  let lastDrawing = 0; // a drawing that is no longer the last one stops
  async function draw() {
    const k = current;
    const drawing = ++lastDrawing;
    const title = `${value("metric", k)} of ${value("task", k)}, ${value("model_family", k)}`;
    const data = drawn(k);
    at("curve-title").textContent = title;
    at("chart").setAttribute("aria-label", `${title}: ${data.map((point) => shown(point.score)).join(", ")}`);
    describe(k, data);
    const made = await vegaEmbed("#plot", chart(k, true), QUIET);
    if (drawing !== lastDrawing) return;
    view = made.view;
    document.body.dataset.drawn = String(drawing);
    const same = curvesOfTask
      .get(columns.task[k])
      .filter((other) => other !== k && ["model_family", "subtask", "shots"].every((name) => columns[name][other] === columns[name][k]));
    const figures = same.map((other) => {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      const filter = value("filter", other) === "none" ? "" : `, ${value("filter", other)}`;
      caption.textContent = `${value("metric", other)}${filter}: score ${shown(number("improvement_score", other))}`;
      const [outer, place] = [document.createElement("div"), document.createElement("div")];
      outer.setAttribute("role", "img");
      outer.setAttribute("aria-label", caption.textContent);
      outer.append(place); // Vega gives `place` a label of its own
      figure.append(caption, outer);
      return [figure, place, other];
    });
    at("others").replaceChildren(...figures.map(([figure]) => figure));
    if (!same.length) {
      const none = document.createElement("p");
      none.textContent = "No other metric was published for these outputs.";
      at("others").append(none);
    }
    for (const [, place, other] of figures) {
      if (drawing !== lastDrawing) return;
      await vegaEmbed(place, chart(other, false), QUIET);
    }
    document.body.dataset.complete = String(drawing);
  }

  // --- the table ---------------------------------------------------------------------------------------------------

  // A triplet has the verdict on all of its curves, and opens the curve that this verdict is from; its score is the largest one.
  const triplets = Array.from(columns.triplet_curve, (k, t) => t);
  const curveOf = (t) => columns.triplet_curve[t];
  const largestOf = (t) => columns.triplet_largest[t];
  const tripletVerdict = (t) => inWords(text("triplet_verdict", t));
  const tripletScore = (t) => number("improvement_score", largestOf(t));
  const COLUMNS = [
    ["task", "task", (t) => value("task", curveOf(t))],
    ["metric", "metric", (t) => value("metric", curveOf(t))],
    ["model family", "model_family", (t) => value("model_family", curveOf(t))],
    ["largest score", "improvement_score", tripletScore],
    ["examples", "n_examples", (t) => number("n_examples", curveOf(t))],
    ["verdict", "verdict", tripletVerdict],
  ];
  const tripletOf = new Map();
  for (const t of triplets) tripletOf.set(["task", "metric", "model_family"].map((name) => columns[name][curveOf(t)]).join(), t);
  const IS_NUMBER = new Set(["improvement_score", "n_examples"]);
  let sorted = ["improvement_score", -1];
  let nShown = ROWS_AT_ONCE;
  let matches = [];
  const ranges = new Map(triplets.map((t) => [t, range(largestOf(t))]));

  function heads() {
    const cells = COLUMNS.map(([title, name]) => {
      const cell = document.createElement("th");
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = title;
      button.addEventListener("click", () => {
        sorted = [name, sorted[0] === name ? -sorted[1] : IS_NUMBER.has(name) ? -1 : 1];
        nShown = ROWS_AT_ONCE;
        table();
      });
      cell.scope = "col";
      if (IS_NUMBER.has(name)) cell.className = "n";
      cell.append(button);
      return cell;
    });
    at("heads").replaceChildren(...cells);
  }

  function table() {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const filters = [
      [at("of_verdict").value, tripletVerdict],
      [at("of_family").value, (t) => value("model_family", curveOf(t))],
      [at("of_metric").value, (t) => value("metric", curveOf(t))],
    ].filter(([wantedValue]) => wantedValue);
    matches = triplets.filter((t) => {
      if (!filters.every(([wantedValue, of]) => of(t) === wantedValue)) return false;
      const all = ["task", "metric", "model_family"].map((name) => value(name, curveOf(t))).join(" ").toLowerCase();
      return words.every((word) => all.includes(word));
    });
    const [name, direction] = sorted;
    const sortKey = COLUMNS.find((column) => column[1] === name)[2];
    const compare = IS_NUMBER.has(name) ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const keys = new Map(matches.map((t) => [t, sortKey(t)]));
    matches.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (x === null || y === null) return (x === null) - (y === null) || a - b; // what has no value comes last
      if (x !== y) return direction * compare(x, y);
      // Equal scores, infinite ones above all: the largest range first.
      return (name === "improvement_score" ? ranges.get(b) - ranges.get(a) : 0) || a - b;
    });
    [...at("heads").children].forEach((cell, place) => {
      const isSorted = COLUMNS[place][1] === name;
      if (isSorted) cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
    const rows = matches.slice(0, nShown).map((t) => {
      const k = curveOf(t);
      const row = document.createElement("tr");
      COLUMNS.forEach(([title, column, content], place) => {
        const cell = document.createElement("td");
        cell.dataset.name = title; // the name of the column, where the row is a card
        const cellValue = content(t);
        if (place === 0) {
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = cellValue;
          button.addEventListener("click", () => {
            choose(Object.fromEntries(CHOICES.map((choice) => [choice, value(choice, k)])));
            at("choose").scrollIntoView();
          });
          cell.append(button);
        } else cell.textContent = column === "n_examples" && cellValue !== null ? count(cellValue) : IS_NUMBER.has(column) ? shown(cellValue) : cellValue;
        if (IS_NUMBER.has(column)) cell.className = "n";
        row.append(cell);
      });
      return row;
    });
    at("rows").replaceChildren(...rows);
    at("count").textContent = `${count(matches.length)} of ${count(triplets.length)} triplets`;
    at("more").hidden = matches.length <= nShown;
  }

  at("table-csv").addEventListener("click", () => {
    const rows = matches.map((t) => {
      const k = curveOf(t);
      const scores = [tripletScore(t), number("improvement_score", k)].map(four);
      return [...named(k), columns.n_scales[k], number("n_examples", k), ...scores, tripletVerdict(t)];
    });
    // All but the largest score and the verdict, which are of the triplet, is said of the curve that decides.
    save("triplets.csv", csv([...NAMED, "n_scales", "n_examples", "largest_score", "improvement_score", "verdict"], rows), "text/csv");
  });

  // --- beginning ---------------------------------------------------------------------------------------------------

  if (nShort) {
    at("short").textContent = `${count(nShort)} curve${nShort === 1 ? "" : "s"} of fewer than ${minScales} scales ${nShort === 1 ? "is" : "are"} not shown; the table curves has them.`;
  }
  if (!nCurves) {
    at("curve-title").textContent = `This dataset has no curve of at least ${minScales} scales.`;
    for (const name of ["choose", "curve", "others-section", "table-section"]) at(name).hidden = true;
    document.body.dataset.drawn = document.body.dataset.complete = "0";
    return;
  }
  const options = (name, values) => {
    for (const content of [...new Set(values)].sort()) at(name).add(new Option(content, content));
  };
  options("of_verdict", triplets.map(tripletVerdict));
  options("of_family", triplets.map((t) => value("model_family", curveOf(t))));
  options("of_metric", triplets.map((t) => value("metric", curveOf(t))));
  function arrive() {
    const state = wanted();
    for (const name of FILTERS) at(name).value = state[name] ?? "";
    // The triplet to begin with is the largest jump in which a break could be detected. Without one it is the largest
    // jump that was tested, and without that the largest score. Of equal scores, the larger range comes first. The
    // values of a triplet are those of the curve that its verdict is from, which is also the curve that is shown.
    const isTested = (t) => columns.jumps[curveOf(t)] && ![null, "not_testable"].includes(text("verdict", curveOf(t)));
    const isSeen = (t) => isTested(t) && number("q_break", curveOf(t)) !== null;
    const rank = (t) => [isTested(t) + isSeen(t), number("improvement_score", curveOf(t)) ?? -Infinity, range(curveOf(t))];
    const isBefore = (a, b) => {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] > b[i];
      return false;
    };
    let first = triplets[0];
    for (const t of triplets) if (isBefore(rank(t), rank(first))) first = t;
    choose("task" in state ? state : Object.fromEntries(CHOICES.map((name) => [name, value(name, first === undefined ? 0 : curveOf(first))])));
    table();
  }
  at("choose").addEventListener("change", () => choose(Object.fromEntries(CHOICES.map((name) => [name, at(name).value]))));
  for (const form of ["choose", "filters"]) at(form).addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", arrive);
  for (const name of FILTERS) {
    at(name).addEventListener(name === "search" ? "input" : "change", () => {
      nShown = ROWS_AT_ONCE;
      table();
      keep();
    });
  }
  at("more").addEventListener("click", () => {
    nShown += ROWS_AT_ONCE;
    table();
  });
  heads();
  arrive();
})();
