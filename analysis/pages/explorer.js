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

  const [{ texts, scales, scale_name: scaleName, n_short: nShort }, columns] = await unpacked();
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
  const NO_SHARE = "not tested: not a share of right answers";
  const verdict = (k) => (text("verdict", k) ?? NO_SHARE).replace("not_testable", "not tested").replace("_", " ");

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
    return { low: middle - half, high: middle + half };
  }

  // The smooth law of analysis/breaks/smooth_law.py: a quadratic in log scale, orthogonal over the curve's own scales.
  function fitted(k, data) {
    const [level, slope, curvature, floor, n] = ["level", "slope", "curvature", "floor", "n_examples"].map((name) => number(name, k));
    if (level === null) return [];
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
      law.push({ scale, mean: share, ...wilson(share, n) }); // what a test set of this size can resolve
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
      return { scale, ...values };
    });
  }

  const factor = (name, k) => shown(Number(Math.exp(number(name, k)).toPrecision(3)));
  const isBreak = (k) => text("verdict", k) === "break";

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

  function describe(k, data) {
    const list = document.createElement("dl");
    const score = number("improvement_score", k);
    const largest = number("break_size_high", k);
    const examples = number("n_examples", k);
    const toDecide = number("n_to_decide", k);
    const why = text("why_not", k);
    const facts = [
      ["verdict", why === null ? verdict(k) : `not tested: ${why}`],
      ["source of the jump", text("source_of_jump", k)],
      ["improvement score", `${shown(score)}${columns.jumps[k] ? ": a jump" : ""}`],
      ["without ties", number("score_without_ties", k)],
      ["scales", `${columns.n_scales[k]}${columns.n_scales[k] < 5 ? " (too few to display emergence)" : ""}`],
      ["status", text("status", k)],
      ["examples", examples === null ? null : count(examples)],
      ["q of a break", number("q_break", k) === null ? null : p(number("q_break", k))],
      [
        isBreak(k) ? "break" : "likeliest break",
        number("break_size", k) === null
          ? null
          : `from ${shown(number("break_scale", k))} ${scaleName}, loss / ${factor("break_size", k)} (${factor("break_size_low", k)} to ${factor("break_size_up", k)})`,
      ],
      ["largest break not excluded", largest === null ? null : largest === Infinity ? "any" : `loss / ${factor("break_size_high", k)}`],
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
        "Red: the smooth law, a quadratic in log scale for the log loss, fitted to the points. Grey: where 95 % of the scores of a test set of this size lie, if " +
          "models do not scatter otherwise.",
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
    if (typeof content === "string" && /^[=+@]/.test(written)) written = `'${written}`;
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

  const triplets = [];
  for (let k = 0; k < nCurves; k++) if (columns.is_of_triplet[k]) triplets.push(k);
  const COLUMNS = [
    ["task", "task", (k) => value("task", k)],
    ["metric", "metric", (k) => value("metric", k)],
    ["model family", "model_family", (k) => value("model_family", k)],
    ["score", "improvement_score", (k) => number("improvement_score", k)],
    ["examples", "n_examples", (k) => number("n_examples", k)],
    ["verdict", "verdict", verdict],
  ];
  const IS_NUMBER = new Set(["improvement_score", "n_examples"]);
  let sorted = ["improvement_score", -1];
  let nShown = ROWS_AT_ONCE;
  let matches = [];
  const ranges = new Map(triplets.map((k) => [k, range(k)]));

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
      [at("of_verdict").value, verdict],
      [at("of_family").value, (k) => value("model_family", k)],
      [at("of_metric").value, (k) => value("metric", k)],
    ].filter(([wantedValue]) => wantedValue);
    matches = triplets.filter((k) => {
      if (!filters.every(([wantedValue, of]) => of(k) === wantedValue)) return false;
      const all = `${value("task", k)} ${value("metric", k)} ${value("model_family", k)}`.toLowerCase();
      return words.every((word) => all.includes(word));
    });
    const [name, direction] = sorted;
    const sortKey = COLUMNS.find((column) => column[1] === name)[2];
    const compare = IS_NUMBER.has(name) ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    const keys = new Map(matches.map((k) => [k, sortKey(k)]));
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
    const rows = matches.slice(0, nShown).map((k) => {
      const row = document.createElement("tr");
      COLUMNS.forEach(([title, column, content], place) => {
        const cell = document.createElement("td");
        cell.dataset.name = title; // the name of the column, where the row is a card
        const cellValue = content(k);
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
    const rows = matches.map((k) => [...named(k), columns.n_scales[k], four(number("improvement_score", k)), number("n_examples", k), verdict(k)]);
    save("triplets.csv", csv([...NAMED, "n_scales", "improvement_score", "n_examples", "verdict"], rows), "text/csv");
  });

  // --- beginning ---------------------------------------------------------------------------------------------------

  if (nShort) {
    at("short").textContent = `${count(nShort)} curve${nShort === 1 ? "" : "s"} of fewer than 3 scales ${nShort === 1 ? "is" : "are"} not shown; the table curves has them.`;
  }
  if (!nCurves) {
    at("curve-title").textContent = "This dataset has no curve of at least 3 scales.";
    for (const name of ["choose", "curve", "others-section", "table-section"]) at(name).hidden = true;
    document.body.dataset.drawn = document.body.dataset.complete = "0";
    return;
  }
  const options = (name, values) => {
    for (const content of [...new Set(values)].sort()) at(name).add(new Option(content, content));
  };
  options("of_verdict", triplets.map(verdict));
  options("of_family", triplets.map((k) => value("model_family", k)));
  options("of_metric", triplets.map((k) => value("metric", k)));
  function arrive() {
    const state = wanted();
    for (const name of FILTERS) at(name).value = state[name] ?? "";
    // The largest jump in which a break could be seen, else the largest that was tested, else the largest score; equal ones by range.
    const isTested = (k) => columns.jumps[k] && ![null, "not_testable"].includes(text("verdict", k));
    const rank = (k) => [isTested(k) + (isTested(k) && number("q_break", k) !== null), number("improvement_score", k) ?? -Infinity, ranges.get(k)];
    const isBefore = (a, b) => {
      for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] > b[i];
      return false;
    };
    let first = triplets[0] ?? 0;
    for (const k of triplets) if (isBefore(rank(k), rank(first))) first = k;
    choose("task" in state ? state : Object.fromEntries(CHOICES.map((name) => [name, value(name, first)])));
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
