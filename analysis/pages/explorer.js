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

  const [{ texts, scales, scale_name: scaleName }, columns] = await unpacked();
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
      if (!Number.isNaN(score)) present.push({ scale, score });
    });
    return present;
  }

  const shown = (x) =>
    x === null || x === undefined ? "–" : x === Infinity ? "∞" : x === -Infinity ? "−∞" : String(Number(x.toPrecision(4)));
  const p = (x) => (x === null ? "–" : x < 0.001 ? "< 0.001" : x.toFixed(3));

  // --- the choice, which the address keeps -------------------------------------------------------------------------

  function wanted() {
    return Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
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
    const state = new URLSearchParams(CHOICES.map((name) => [name, at(name).value])).toString();
    if (location.hash.slice(1) !== state) history.replaceState(null, "", "#" + state);
    draw();
  }

  // --- charts ------------------------------------------------------------------------------------------------------

  // 10^9 is written B, as in the names of models.
  const AXIS = { labelExpr: "replace(format(datum.value, '~s'), 'G', 'B')", labelOverlap: true, tickCount: 6 };
  const LOG = { type: "quantitative", scale: { type: "log" }, axis: AXIS };

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
      // Wilson's interval of a share of n, with z = 1.96: what a test set of this size can resolve.
      const z = 1.959964;
      const middle = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
      const half = (z / (1 + (z * z) / n)) * Math.sqrt(Math.max(0, share * (1 - share)) / n + (z * z) / (4 * n * n));
      law.push({ scale, mean: share, low: middle - half, high: middle + half });
    }
    return law;
  }

  // A perplexity is shown and scored as its logarithm.
  const measure = (k) => (text("scored_as", k) === "log" ? `log ${value("metric", k)}` : value("metric", k));

  function chart(k, height) {
    const data = points(k);
    const y = { field: "score", type: "quantitative", title: height > 200 ? measure(k) : null, scale: { zero: false } };
    const x = { ...LOG, field: "scale", title: scaleName };
    const tooltip = [
      { field: "scale", type: "quantitative", format: ",.0f", title: scaleName },
      { field: "score", type: "quantitative", format: ".4g" },
    ];
    const law = data.length ? fitted(k, data) : [];
    const layers = [];
    if (law.length) {
      layers.push({
        data: { values: law },
        mark: { type: "area", color: "#dddddd" },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      });
      layers.push({ data: { values: law }, mark: { type: "line", color: "#bb5566" }, encoding: { x, y: { ...y, field: "mean" } } });
    }
    layers.push({ data: { values: data }, mark: { type: "line", color: "#004488" }, encoding: { x, y } });
    layers.push({
      data: { values: data },
      mark: { type: "point", filled: true, color: "#004488", size: height > 200 ? 60 : 25 },
      encoding: { x, y, tooltip },
    });
    return { width: "container", height, layer: layers, config: { view: { stroke: null }, axis: { gridOpacity: 0.4 } } };
  }

  const QUIET = { actions: false, renderer: "svg", tooltip: { theme: "custom" } };

  function describe(k) {
    const list = document.createElement("dl");
    const score = number("improvement_score", k);
    const factor = (name) => shown(Number(Math.exp(number(name, k)).toPrecision(3)));
    const largest = number("break_size_high", k);
    const facts = [
      ["improvement score", `${shown(score)}${columns.jumps[k] ? ": a jump" : ""}`],
      ["without ties", number("score_without_ties", k)],
      ["scales", `${columns.n_scales[k]}${columns.n_scales[k] < 5 ? " (too few to display emergence)" : ""}`],
      ["status", text("status", k)],
      ["verdict", (text("verdict", k) ?? "not tested: not a share of right answers").replace("_", " ")],
      ["why", text("why_not", k)],
      ["source of the jump", text("source_of_jump", k)],
      ["examples", number("n_examples", k)],
      ["q of a break", number("q_break", k) === null ? null : p(number("q_break", k))],
      [
        "likeliest break",
        number("break_size", k) === null
          ? null
          : `from ${shown(number("break_scale", k))}, loss / ${factor("break_size")} (${factor("break_size_low")} to ${factor("break_size_up")})`,
      ],
      ["largest break not excluded", largest === null ? null : largest === Infinity ? "any" : `loss / ${factor("break_size_high")}`],
      ["examples to exclude one", number("n_to_decide", k)],
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
    if (number("level", k) !== null) {
      legend.textContent =
        "Red: the smooth law, a quadratic in log scale for the log loss, fitted to the points. Grey: where 95 % of the scores of a test set of this size lie, if " +
        "models do not scatter otherwise.";
    }
    at("verdict").replaceChildren(list, legend);
  }

  let lastDrawing = 0; // a drawing that is no longer the last one stops
  async function draw() {
    const k = current;
    const drawing = ++lastDrawing;
    const title = `${value("metric", k)} of ${value("task", k)}, ${value("model_family", k)}`;
    at("chart").setAttribute("aria-label", `${title}: ${points(k).map((point) => shown(point.score)).join(", ")}`);
    describe(k);
    await vegaEmbed("#plot", chart(k, 300), QUIET);
    if (drawing !== lastDrawing) return;
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
    if (!same.length) at("others").textContent = "No other metric was published for these outputs.";
    for (const [, place, other] of figures) {
      if (drawing !== lastDrawing) return;
      await vegaEmbed(place, chart(other, 130), QUIET);
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
    ["verdict", "verdict", (k) => (text("verdict", k) ?? "not a share").replace("_", " ")],
  ];
  const IS_NUMBER = new Set(["improvement_score", "n_examples"]);
  let sorted = ["improvement_score", -1];
  let nShown = ROWS_AT_ONCE;

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
    const matches = triplets.filter((k) => {
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
      return (x === y ? 0 : direction * compare(x, y)) || a - b;
    });
    [...at("heads").children].forEach((cell, place) => {
      const isSorted = COLUMNS[place][1] === name;
      if (isSorted) cell.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else cell.removeAttribute("aria-sort");
    });
    const rows = matches.slice(0, nShown).map((k) => {
      const row = document.createElement("tr");
      COLUMNS.forEach(([, column, content], place) => {
        const cell = document.createElement("td");
        const cellValue = content(k);
        if (place === 0) {
          const button = document.createElement("button");
          button.type = "button";
          button.textContent = cellValue;
          button.addEventListener("click", () => {
            choose(Object.fromEntries(CHOICES.map((choice) => [choice, value(choice, k)])));
            at("curve-title").scrollIntoView();
          });
          cell.append(button);
        } else cell.textContent = IS_NUMBER.has(column) ? shown(cellValue) : cellValue;
        if (IS_NUMBER.has(column)) cell.className = "n";
        row.append(cell);
      });
      return row;
    });
    at("rows").replaceChildren(...rows);
    at("count").textContent = `${matches.length.toLocaleString("en")} of ${triplets.length.toLocaleString("en")} triplets`;
    at("more").hidden = matches.length <= nShown;
  }

  // --- beginning ---------------------------------------------------------------------------------------------------

  if (!nCurves) {
    at("verdict").textContent = "This dataset has no curves.";
    return;
  }
  at("choose").addEventListener("change", () => choose(Object.fromEntries(CHOICES.map((name) => [name, at(name).value]))));
  at("choose").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", () => choose(wanted()));
  at("search").addEventListener("input", () => {
    nShown = ROWS_AT_ONCE;
    table();
  });
  at("more").addEventListener("click", () => {
    nShown += ROWS_AT_ONCE;
    table();
  });
  const first = triplets.reduce((a, b) => (columns.improvement_score[b] > columns.improvement_score[a] ? b : a), triplets[0] ?? 0);
  choose(location.hash.length > 1 ? wanted() : Object.fromEntries(CHOICES.map((name) => [name, value(name, first)])));
  heads();
  table();
})();
