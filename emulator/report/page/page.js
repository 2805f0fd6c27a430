// The script of the report, inlined into it and run by the reader's browser. It draws the page model that model.ts
// made: plots with uPlot on one shared time axis, lanes of bars and marks, and the event table, and sounds the tones when
// asked to. Time on the axis is
// seconds from the start. It is a plain script, not a module, since browsers load no modules from file://.
/* global document, window, requestAnimationFrame, getComputedStyle, ResizeObserver, uPlot */
"use strict";

(() => {
  const GUTTER_PX = 66;
  const MARGIN_PX = 22;
  const FONT = "11px system-ui, sans-serif";
  const ROW_PX = 24;
  const LABEL_PX = 15;
  const LABEL_ROWS = 3;
  const LABELS_MAX = 30;
  const LABELS_ALIKE_MAX = 5;
  const TONE_PX = 11;
  const TONE_ROW_PX = 16;
  const EVENTS_PER_PAGE = 500;
  const SPAN_LEAST_S = 1;
  const SCROLL_PAUSE_MS = 300;
  const TICK_S = 0.01;
  // What the two patterns sound like: hal/sounder.ts gives their lengths, the pitches and the alternation are this page's.
  const PATTERNS = {
    dual: { length_s: 3, pitches_hz: [2400, 1800], each_s: 0.25, tone: "critical" },
    single: { length_s: 1, pitches_hz: [1800], each_s: 1, tone: "warning" },
  };
  const VOLUME = 0.12;
  const RAMP_S = 0.005;
  const TUNE_S = 20;
  const TUNE_TONE_S = 0.12;
  const TIME_STEPS_S = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400].concat(
    [2, 5, 10, 20, 50, 100, 200, 500].map((days) => days * 86400),
  );

  const model = JSON.parse(document.getElementById("model").textContent);
  const section = document.getElementById("plots");
  const figures = document.getElementById("figures");
  const tip = document.getElementById("tip");
  const charts = [];
  let view = [0, model.end_s];

  // Words

  function timeText(s, withSeconds) {
    const whole = Math.floor(s + 1e-6);
    const days = whole > 86400 ? Math.floor(whole / 86400) : 0;
    const hours = Math.floor((whole - days * 86400) / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const seconds = Math.round((s - Math.floor(whole / 60) * 60) * 100) / 100;
    const parts = [];
    if (days > 0) parts.push(days + " d");
    if (hours > 0) parts.push(hours + " h");
    if (minutes > 0) parts.push(minutes + " min");
    if (withSeconds && seconds > 0) parts.push(seconds + " s");
    return parts.join(" ") || "0";
  }

  function wallText(s) {
    if (model.startWall_ms === null) return "";
    return new Date(model.startWall_ms + s * 1000).toISOString().slice(0, 19).replace("T", " ");
  }

  /** Whole seconds, unless the view is so narrow that fractions show. */
  function readable(s) {
    return view[1] - view[0] > 60 ? Math.round(s) : s;
  }

  function axisText(s, step) {
    if (step >= 86400) return s === 0 ? "0" : s / 86400 + " d";
    if (step < 60) {
      const digits = step < 1 ? 1 : 0;
      const minutes = Math.floor(s / 60 + 1e-9);
      const seconds = Math.max(0, s - minutes * 60).toFixed(digits);
      const lead = timeText(minutes * 60, false);
      return lead === "0" ? seconds + " s" : Number(seconds) === 0 ? lead : lead + " " + seconds + " s";
    }
    return timeText(s, false);
  }

  // Colours, by the names of page.css

  let colours = new Map();

  function colour(name) {
    if (!colours.has(name))
      colours.set(
        name,
        getComputedStyle(document.documentElement)
          .getPropertyValue("--" + name)
          .trim(),
      );
    return colours.get(name);
  }

  /** #rrggbb with an opacity. */
  function shade(name, alpha) {
    return (
      colour(name) +
      Math.round(alpha * 255)
        .toString(16)
        .padStart(2, "0")
    );
  }

  function repaint() {
    colours = new Map();
    for (const chart of charts) {
      for (const marker of chart.markers ?? []) marker.element.style.borderTopColor = colour(marker.tone);
      chart.plot.redraw(true, true);
    }
  }

  // The range in view, the same for all

  function setView(from, to) {
    const span = Math.min(model.end_s, Math.max(SPAN_LEAST_S, to - from));
    const start = Math.min(Math.max(0, from), Math.max(0, model.end_s - span));
    view = [start, start + span];
    for (const { plot } of charts) plot.setScale("x", { min: view[0], max: view[1] });
    showView();
  }

  function showView() {
    const span = view[1] - view[0];
    document.getElementById("view").textContent =
      timeText(readable(view[0]), true).replace(/^0$/, "0 s") +
      " to " +
      timeText(readable(view[1]), true) +
      " (" +
      timeText(readable(span), true) +
      ")";
    for (const button of document.querySelectorAll("[data-range]")) {
      const width = button.dataset.range === "all" ? model.end_s : Number(button.dataset.range);
      button.disabled = button.dataset.range !== "all" && width >= model.end_s;
      button.setAttribute("aria-pressed", String(!button.disabled && Math.abs(span - width) < 0.5));
    }
    for (const button of document.querySelectorAll("[data-step]")) {
      button.disabled = Number(button.dataset.step) < 0 ? view[0] <= 0 : view[1] >= model.end_s - 1e-6;
    }
  }

  function zoom(factor, at_s) {
    const from = at_s - (at_s - view[0]) * factor;
    setView(from, from + (view[1] - view[0]) * factor);
  }

  function pan(share) {
    const by = (view[1] - view[0]) * share;
    setView(view[0] + by, view[1] + by);
  }

  function chooseRange(name) {
    if (name === "all") return setView(0, model.end_s);
    const width = Number(name);
    const middle = cursor_s === null ? (view[0] + view[1]) / 2 : cursor_s;
    setView(middle - width / 2, middle + width / 2);
  }

  // The cursor, the same for all

  let cursor_s = null;

  function showCursor(s) {
    cursor_s = s;
    const at = s === null ? 0 : readable(s);
    const wall = s === null ? "" : wallText(at);
    document.getElementById("now").textContent =
      s === null ? "" : "t = " + timeText(at, true).replace(/^0$/, "0 s") + (wall === "" ? "" : "  ·  " + wall);
    for (const chart of charts) chart.showExtra?.();
  }

  function moveCursor(share) {
    const at = Math.min(
      view[1],
      Math.max(view[0], (cursor_s ?? (view[0] + view[1]) / 2) + (view[1] - view[0]) * share),
    );
    pointAt(at);
  }

  /** The cursor of every chart: only a real pointer moves them together by itself. */
  function pointAt(at_s) {
    for (const { plot } of charts) plot.setCursor({ left: plot.valToPos(at_s, "x"), top: 1 });
  }

  // What all charts share

  function sharedOptions(width, height) {
    return {
      width,
      height,
      padding: [6, MARGIN_PX, 0, 0],
      scales: { x: { time: false, range: () => view }, y: {} },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 4 },
        // A step holds, so the value in force is that of the last point before the cursor.
        dataIdx: (u, series, closest, at) => (u.data[0][closest] > at + 1e-9 && closest > 0 ? closest - 1 : closest),
        sync: {
          key: "time",
          scales: ["x", null],
          filters: { pub: (type) => type === "mousemove" || type === "mouseleave" },
        },
        bind: {
          mousedown: (u, target, handler) => (event) => {
            if (event.button === 0 && event.shiftKey) startPan(u, event);
            else handler(event);
            return null;
          },
          dblclick: () => () => {
            setView(0, model.end_s);
            return null;
          },
        },
      },
      hooks: {
        setSelect: [
          (u) => {
            const { left, width: chosen } = u.select;
            if (chosen > 0) setView(u.posToVal(left, "x"), u.posToVal(left + chosen, "x"));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        setCursor: [(u) => showCursor(u.cursor.left < 0 ? null : u.posToVal(u.cursor.left, "x"))],
        ready: [(u) => u.over.addEventListener("wheel", (event) => onWheel(u, event), { passive: false })],
      },
    };
  }

  function startPan(u, event) {
    const [from, to] = view;
    const perPixel = (to - from) / u.over.clientWidth;
    const startX = event.clientX;
    const move = (moved) =>
      setView(from - (moved.clientX - startX) * perPixel, to - (moved.clientX - startX) * perPixel);
    const stop = () => {
      section.classList.remove("panning");
      document.removeEventListener("mousemove", move);
      document.removeEventListener("mouseup", stop);
    };
    section.classList.add("panning");
    document.addEventListener("mousemove", move);
    document.addEventListener("mouseup", stop);
  }

  // The wheel zooms, but never takes over a page that is being scrolled: zooming out at full range scrolls on, and so
  // does whatever follows a scroll without a pause.
  let scrolled_ms = -SCROLL_PAUSE_MS;
  document.addEventListener("scroll", () => (scrolled_ms = window.performance.now()), { passive: true });

  function onWheel(u, event) {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const full = view[1] - view[0] >= model.end_s - 1e-6;
    if (window.performance.now() - scrolled_ms < SCROLL_PAUSE_MS) return;
    if (full && (sideways || event.deltaY > 0)) return;
    event.preventDefault();
    if (sideways) return pan(Math.sign(event.deltaX || event.deltaY) * 0.1);
    const at = u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x");
    zoom(event.deltaY < 0 ? 0.8 : 1.25, at);
  }

  function timeAxis(side, size, labelled) {
    return {
      side,
      size,
      font: FONT,
      gap: 4,
      stroke: () => colour("muted"),
      grid: { stroke: () => colour("grid"), width: 1, show: side === 2 },
      ticks: { stroke: () => colour("edge"), width: 1, size: labelled ? 5 : 0, show: labelled },
      space: 105,
      incrs: TIME_STEPS_S,
      values: (u, splits, axis, space, step) => splits.map((s) => (labelled ? axisText(s, step) : "")),
    };
  }

  function valueAxis(spec) {
    const axis = {
      size: GUTTER_PX,
      font: FONT,
      gap: 6,
      stroke: () => colour("muted"),
      grid: { stroke: () => colour("grid"), width: 1 },
      ticks: { show: false },
      space: 26,
      values: (u, splits) => splits.map((value) => (value === null ? "" : valueText(value))),
    };
    if (spec.axis === "root") {
      axis.splits = (u, index, low, high) => rootSplits(u, low, high);
      axis.filter = (u, splits) => splits; // or uPlot labels powers of ten only, as on a logarithmic axis
    }
    return axis;
  }

  function valueText(value) {
    return value.toLocaleString("en", { maximumFractionDigits: 6 }).replace("-", "−");
  }

  /** 0, then powers of ten, then 5 and 2 times those, as far as there is room. */
  function rootSplits(u, low, high) {
    const height = u.bbox.height / uPlot.pxRatio;
    const place = (value) => (Math.sqrt(value) / Math.sqrt(Math.max(high, 1e-9))) * height;
    const splits = [0];
    for (const digit of [1, 5, 2]) {
      for (let power = 0.01; power <= high; power *= 10) {
        const value = Number((digit * power).toPrecision(1));
        if (value > high || value < low) continue;
        if (splits.every((other) => Math.abs(place(value) - place(other)) >= 22)) splits.push(value);
      }
    }
    return splits.sort((a, b) => a - b);
  }

  function valueScale(spec) {
    const scale = {};
    if (spec.axis === "root") {
      scale.distr = 100;
      scale.fwd = (value) => Math.sign(value) * Math.sqrt(Math.abs(value));
      scale.bwd = (value) => value * Math.abs(value);
    }
    scale.range = (u, low, high) => {
      if (low === null || high === null) return [0, 1];
      if (spec.include !== null) {
        low = Math.min(low, spec.include);
        high = Math.max(high, spec.include);
      }
      if (low === high) return [low - 1, high + 1];
      const pad = (high - low) * 0.08;
      return [low === spec.include ? low : low - pad, high === spec.include ? high : high + pad];
    };
    return scale;
  }

  // A plot

  function makePlot(spec, width) {
    const figure = element("figure", {
      class: "plot" + (spec.id === "difference" ? " joined" : ""),
      id: "plot-" + spec.id,
    });
    const caption = element("figcaption");
    const heading = element("h3", {}, spec.title);
    heading.append(element("small", {}, spec.unit + (spec.note === "" ? "" : "; " + spec.note)));
    caption.append(heading);
    figure.append(caption);
    figures.append(figure);
    const options = sharedOptions(width, spec.height_px);
    options.scales.y = valueScale(spec);
    options.axes = [timeAxis(2, 10, false), valueAxis(spec)];
    options.series = [{}].concat(spec.lines.map(seriesOf));
    options.bands = spec.bands.map((band) => ({
      series: [band.upper + 1, band.lower + 1],
      fill: () => shade(band.tone, 0.09),
    }));
    options.legend = { mount: (u, legend) => caption.append(legend), markers: { width: 2 } };
    options.hooks.drawClear = [(u) => tint(u)];
    const x = spec.ticks.map((tick) => tick * TICK_S);
    const plot = new uPlot(options, [x].concat(spec.columns), figure);
    const chart = { plot, markers: [] };
    spec.lines.forEach((line, index) => {
      const marker = caption.querySelectorAll(".u-series")[index + 1]?.querySelector(".u-marker");
      if (!marker) return;
      marker.style.borderTopStyle = line.dashed ? "dashed" : "solid";
      marker.style.borderTopColor = colour(line.tone);
      chart.markers.push({ element: marker, tone: line.tone });
    });
    makeLegendKeyed(caption);
    if (spec.bands.length > 0) chart.showExtra = extraOf(spec.bands[0], plot, caption);
    describe(plot, spec.title + " over time, in " + spec.unit + ". The same values are in the CSV trace.");
    charts.push(chart);
  }

  function seriesOf(line) {
    const stepped = uPlot.paths.stepped({ align: 1 });
    const series = {
      label: line.label,
      scale: "y",
      stroke: () => colour(line.tone),
      width: line.dashed ? 1.5 : 1.75,
      points: { show: false },
      value: (u, value) =>
        value === null || value === undefined
          ? "–"
          : value
              .toLocaleString("en", { minimumFractionDigits: line.digits, maximumFractionDigits: line.digits })
              .replace("-", "−"),
    };
    if (line.dashed) series.dash = [6, 4];
    if (line.kind === "step") series.paths = stepped;
    if (line.filled) {
      series.fill = () => shade(line.tone, Number(colour("fill")));
      series.fillTo = 0;
    }
    return series;
  }

  /** The distance between two lines at the cursor, as one more entry of the legend. */
  function extraOf(band, plot, caption) {
    const value = element("b", {}, "–");
    const extra = element("span", { class: "extra" }, band.label + " ");
    extra.append(value);
    caption.append(extra);
    return () => {
      const index = plot.cursor.idx;
      const upper = index === null || index === undefined ? null : plot.data[band.upper + 1][index];
      const lower = index === null || index === undefined ? null : plot.data[band.lower + 1][index];
      value.textContent = upper === null || lower === null ? "–" : (upper - lower).toFixed(band.digits);
    };
  }

  /** Alarms and faults behind every plot, so that a change in a curve finds its reason. */
  function tint(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const lane of model.lanes.slice(0, 2)) {
      for (const bar of lane.rows.flat()) {
        if (bar.to_s === null) continue;
        const from = u.valToPos(Math.max(bar.from_s, view[0]), "x", true);
        const to = u.valToPos(Math.min(bar.to_s, view[1]), "x", true);
        if (to <= from) continue;
        ctx.fillStyle = shade(bar.tone, Number(colour("tint")));
        ctx.fillRect(from, bbox.top, to - from, bbox.height);
      }
    }
    ctx.restore();
  }

  function makeLegendKeyed(caption) {
    for (const head of caption.querySelectorAll(".u-series th")) {
      head.tabIndex = 0;
      head.setAttribute("role", "button");
      head.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        head.click();
      });
    }
  }

  // The ruler: the time axis that stays in view

  function makeRuler(width) {
    const options = sharedOptions(width, 30);
    options.padding = [0, MARGIN_PX, 0, 0];
    options.scales.y = { range: () => [0, 1] };
    options.axes = [
      timeAxis(0, 26, true),
      { size: GUTTER_PX, values: () => [], splits: () => [], grid: { show: false }, ticks: { show: false } },
    ];
    options.series = [{}, { points: { show: false } }];
    options.legend = { show: false };
    const plot = new uPlot(
      options,
      [
        [0, model.end_s],
        [null, null],
      ],
      document.getElementById("ruler"),
    );
    describe(plot, "Time axis");
    charts.push({ plot });
  }

  // Lanes

  function makeLanes(width) {
    const figure = element("figure", { class: "plot", id: "plot-lanes" });
    const caption = element("figcaption");
    const names = "Alarms, " + (model.tones === null ? "" : "tones, ") + "faults, boluses and events";
    caption.append(element("h3", {}, names));
    figure.append(caption);
    const key = model.tones === null ? null : makeToneKey();
    if (key !== null) figure.append(key.element);
    figures.append(figure);
    const lanes = lanesDrawn();
    const heights = lanes.map(laneHeight);
    const options = sharedOptions(width, 36 + heights.reduce((sum, height) => sum + height, 0));
    options.scales.y = { range: () => [0, 1] };
    options.axes = [
      timeAxis(2, 26, true),
      { size: GUTTER_PX, values: () => [], splits: () => [], grid: { show: false }, ticks: { show: false } },
    ];
    options.series = [{}, { points: { show: false } }];
    options.legend = { show: false };
    const regions = [];
    options.hooks.draw = [(u) => drawLanes(u, lanes, heights, regions, key)];
    const plot = new uPlot(
      options,
      [
        [0, model.end_s],
        [null, null],
      ],
      figure,
    );
    plot.over.addEventListener("mousemove", (event) => showTip(plot, regions, event));
    plot.over.addEventListener("mouseleave", () => (tip.hidden = true));
    describe(
      plot,
      names + " over time. The tables hold the same" + (key === null ? "." : ", the line above counts the tones."),
    );
    charts.push({ plot });
  }

  /** The lanes of the model, and the tones under the alarms that they speak for. */
  function lanesDrawn() {
    if (model.tones === null) return model.lanes;
    const tones = { title: "Tones", rows: [], marks: model.tones.marks };
    return [model.lanes[0], tones, ...model.lanes.slice(1)];
  }

  function laneHeight(lane) {
    if (lane.title === "Events") return 20 + LABEL_ROWS * LABEL_PX;
    if (lane.title === "Tones") return 2 * TONE_ROW_PX + 8;
    return Math.max(1, lane.rows.length) * ROW_PX + 8;
  }

  function drawLanes(u, lanes, heights, regions, key) {
    const { ctx, bbox } = u;
    const ratio = uPlot.pxRatio;
    const box = { left: bbox.left / ratio, top: bbox.top / ratio, width: bbox.width / ratio };
    regions.length = 0;
    ctx.save();
    ctx.scale(ratio, ratio);
    ctx.font = FONT;
    ctx.textBaseline = "middle";
    let top = box.top;
    lanes.forEach((lane, index) => {
      drawLaneTitle(ctx, lane, box, top, heights[index], index);
      ctx.save();
      ctx.beginPath();
      ctx.rect(box.left, top, box.width, heights[index]);
      ctx.clip();
      const hit = (x0, x1, y0, y1, text) =>
        regions.push({ x0: x0 - box.left, x1: x1 - box.left, y0: y0 - box.top, y1: y1 - box.top, text });
      lane.rows.forEach((row, number) => drawBars(u, ctx, row, lane.marks, box, top + 4 + number * ROW_PX, hit));
      if (lane.title === "Events") drawEvents(u, ctx, lane.marks, box, top, heights[index], hit);
      else if (lane.title === "Tones") key.drawn(...drawTones(u, ctx, lane.marks, box, top + 4, hit));
      else drawDenials(u, ctx, lane.marks, top + 4, hit);
      ctx.restore();
      top += heights[index];
    });
    ctx.restore();
  }

  function drawLaneTitle(ctx, lane, box, top, height, index) {
    ctx.textAlign = "right";
    ctx.fillStyle = colour("muted");
    ctx.fillText(lane.title, box.left - 8, top + Math.min(height, ROW_PX + 8) / 2);
    if (index > 0) {
      ctx.fillStyle = colour("edge");
      ctx.fillRect(box.left - GUTTER_PX + 14, top, box.width + GUTTER_PX - 14, 1);
    }
    if (lane.rows.length === 0 && lane.marks.length === 0) {
      ctx.textAlign = "left";
      ctx.fillStyle = colour("quiet");
      ctx.fillText("none", box.left + 8, top + (ROW_PX + 8) / 2);
    }
  }

  function drawBars(u, ctx, row, marks, box, top, hit) {
    const place = (s) => u.valToPos(s, "x") + box.left;
    const height = ROW_PX - 6;
    row.forEach((bar, index) => {
      const open = bar.to_s === null;
      const moment = bar.to_s === bar.from_s;
      if (bar.from_s > view[1] || (!open && bar.to_s < view[0])) return;
      const from = Math.max(place(bar.from_s), box.left - 2);
      const to = open
        ? from + 46
        : moment
          ? from + 5
          : Math.max(from + 3, Math.min(place(bar.to_s), box.left + box.width + 2));
      if (open && to < box.left) return;
      ctx.fillStyle = shade(bar.tone, 0.3);
      if (open) {
        const fade = ctx.createLinearGradient(from, 0, to, 0);
        fade.addColorStop(0, shade(bar.tone, 0.45));
        fade.addColorStop(1, shade(bar.tone, 0));
        ctx.fillStyle = fade;
      }
      if (!moment) ctx.fillRect(from, top, to - from, height);
      ctx.fillStyle = colour(bar.tone);
      if (moment) drawMoment(ctx, place(bar.from_s), top, height, bar);
      else if (bar.from_s >= view[0]) ctx.fillRect(from, top, 2.5, height);
      if (!open && !moment && bar.to_s <= view[1] && to - from > 5) ctx.fillRect(to - 1, top, 1, height);
      if (bar.mark_s !== null && !moment) drawDiamond(ctx, place(bar.mark_s), top + height / 2, 4);
      const edges = [box.left, box.left + box.width, ...marks.map((mark) => place(mark.at_s))];
      if (index > 0) edges.push(place(row[index - 1].to_s ?? row[index - 1].from_s));
      if (index + 1 < row.length) edges.push(place(row[index + 1].from_s));
      drawBarLabel(ctx, bar, from, to, edges, Math.max(from, box.left), top + height / 2);
      hit(moment ? from - 6 : from, Math.max(to, from + 8), top, top + height, bar.detail);
    });
  }

  /** Inside the bar if it fits, else after it, else before it, else not at all: the tooltip has it. */
  function drawBarLabel(ctx, bar, from, to, edges, start, middle) {
    const width = ctx.measureText(bar.label).width;
    const inset = bar.mark_s === null ? 7 : 12;
    const free = (left, right) => edges.every((edge) => edge <= left + 1 || edge >= right - 1);
    let x = null;
    if (bar.to_s === null && free(from, from + inset + width)) x = from + inset;
    else if (bar.to_s !== null && to - start > width + inset + 5) x = start + inset;
    else if (free(to, to + 5 + width)) x = to + 5;
    else if (free(from - 8 - width, from)) x = from - 5 - width;
    if (x === null) return;
    ctx.textAlign = "left";
    ctx.fillStyle = colour("ink");
    ctx.fillText(bar.label, x, middle + 0.5);
  }

  /** A pin at the moment; its head is hollow if nothing came of it. */
  function drawMoment(ctx, x, top, height, bar) {
    const y = top + height / 2;
    ctx.fillRect(x - 0.75, top, 1.5, height);
    drawDiamond(ctx, x, y, 5);
    if (bar.mark_s !== null) return;
    ctx.fillStyle = colour("card");
    drawDiamond(ctx, x, y, 3);
  }

  function drawDiamond(ctx, x, y, size) {
    ctx.beginPath();
    ctx.moveTo(x, y - size);
    ctx.lineTo(x + size, y);
    ctx.lineTo(x, y + size);
    ctx.lineTo(x - size, y);
    ctx.closePath();
    ctx.fill();
  }

  function drawDenials(u, ctx, marks, top, hit) {
    ctx.lineWidth = 2;
    for (const mark of marks) {
      if (mark.at_s < view[0] || mark.at_s > view[1]) continue;
      const x = u.valToPos(mark.at_s, "x") + u.bbox.left / uPlot.pxRatio;
      const y = top + (ROW_PX - 6) / 2;
      ctx.strokeStyle = colour(mark.tone);
      ctx.beginPath();
      ctx.moveTo(x - 4, y - 4);
      ctx.lineTo(x + 4, y + 4);
      ctx.moveTo(x + 4, y - 4);
      ctx.lineTo(x - 4, y + 4);
      ctx.stroke();
      hit(x - 6, x + 6, y - 9, y + 9, mark.detail);
    }
  }

  /** A mark each, and its name where there is room in one of a few rows. Among many, only rare events are named. */
  function drawEvents(u, ctx, marks, box, top, height, hit) {
    const ends = new Array(LABEL_ROWS).fill(-Infinity);
    const foot = top + height;
    const seen = marks.filter((mark) => mark.at_s >= view[0] && mark.at_s <= view[1]);
    const counts = new Map();
    for (const { label } of seen) counts.set(label, (counts.get(label) ?? 0) + 1);
    const named = (label) => seen.length <= LABELS_MAX || counts.get(label) <= LABELS_ALIKE_MAX;
    ctx.textAlign = "left";
    for (const mark of seen) {
      const x = u.valToPos(mark.at_s, "x") + box.left;
      const width = ctx.measureText(mark.label).width;
      const leftward = x + width + 6 > box.left + box.width;
      const start = leftward ? x - width - 4 : x + 4;
      const row = named(mark.label) ? ends.findIndex((end) => start > end + 6) : -1;
      ctx.fillStyle = colour(mark.tone);
      if (row >= 0) {
        const y = top + 4 + row * LABEL_PX + LABEL_PX / 2;
        ends[row] = Math.max(x, start + width);
        ctx.globalAlpha = 0.45;
        ctx.fillRect(x - 0.5, y - 5, 1, foot - 10 - y);
        ctx.globalAlpha = 1;
        ctx.fillText(mark.label, start, y);
        hit(start, start + width, y - 7, y + 7, mark.detail);
      }
      drawDiamond(ctx, x, foot - 8, 4);
      hit(x - 5, x + 5, foot - 16, foot, mark.detail);
    }
  }

  /**
   * Two tones in the upper row as two steps, one tone in the lower as a disc. A mark that would overlap the one before it is
   * left out and a line runs on in its place. Returns how many tones are in view, and how many marks were drawn.
   */
  function drawTones(u, ctx, marks, box, top, hit) {
    let inView = 0;
    let drawn = 0;
    for (const pattern of ["dual", "single"]) {
      const y = top + (pattern === "dual" ? 0.5 : 1.5) * TONE_ROW_PX;
      ctx.fillStyle = colour(PATTERNS[pattern].tone);
      let group = null;
      const finish = () => {
        if (group === null) return;
        if (group.to > group.x) ctx.fillRect(group.x, y - 0.75, group.to - group.x, 1.5);
        const more =
          group.count > group.first.count ? "\n  and " + (group.count - group.first.count).toLocaleString("en") : "";
        const text = group.first.detail + (more === "" ? "" : more + " more until " + timeText(group.last.at_s, true));
        hit(group.x - TONE_PX / 2, Math.max(group.to, group.x + TONE_PX / 2), y - 8, y + 8, text);
      };
      for (const mark of marks) {
        if (mark.pattern !== pattern || mark.at_s < view[0] || mark.at_s > view[1]) continue;
        inView += mark.count;
        const x = u.valToPos(mark.at_s, "x") + box.left;
        if (group !== null && x - group.x < TONE_PX) {
          group.to = x;
          group.count += mark.count;
          group.last = mark;
          continue;
        }
        finish();
        group = { x, to: x, count: mark.count, first: mark, last: mark };
        drawToneMark(ctx, pattern, x, y);
        drawn++;
      }
      finish();
    }
    return [inView, drawn];
  }

  function drawToneMark(ctx, pattern, x, y) {
    if (pattern === "dual") {
      ctx.fillRect(x - 4, y - 6, 4, 6);
      ctx.fillRect(x, y, 4, 6);
      return;
    }
    ctx.beginPath();
    ctx.arc(x, y, 4, 0, 2 * Math.PI);
    ctx.fill();
  }

  function showTip(plot, regions, event) {
    const box = plot.over.getBoundingClientRect();
    const x = event.clientX - box.left;
    const y = event.clientY - box.top;
    const under = regions.filter((region) => x >= region.x0 && x <= region.x1 && y >= region.y0 && y <= region.y1);
    tip.hidden = under.length === 0;
    if (tip.hidden) return;
    const texts = [...new Set(under.map((region) => region.text))];
    tip.textContent =
      texts.slice(0, 12).join("\n") + (texts.length > 12 ? "\nand " + (texts.length - 12) + " more" : "");
    const left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8);
    const above = event.clientY + 18 + tip.offsetHeight > window.innerHeight;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = (above ? event.clientY - tip.offsetHeight - 12 : event.clientY + 18) + "px";
  }

  // The tones: legend, counts, and sound

  /** The line above the lanes; `drawn` tells it what came of the marks in view. */
  function makeToneKey() {
    const key = element("div", { class: "tones", role: "group", "aria-label": "Tones" });
    key.append(element("b", { id: "tone-count" }, "Tones: " + model.tones.words));
    for (const [pattern, text] of [
      ["dual", "two tones, 3 s every 10 min: critical"],
      ["single", "one tone, 1 s every 60 min: non-critical"],
    ]) {
      const entry = element("span", { class: "entry" });
      const label = "Play the " + (pattern === "dual" ? "two-tone" : "single") + " pattern";
      entry.append(
        toneIcon(pattern),
        text,
        playButton(pattern, "Play", label, () => playPattern(pattern)),
      );
      key.append(entry);
    }
    if (model.tones.marks.length > 0) {
      key.append(playButton("tune", "Play the run in " + TUNE_S + " s", "", playTune));
    }
    const note = element("span", { class: "thin", id: "tone-note" });
    key.append(note);
    const drawn = (inView, marks) => {
      note.textContent =
        marks < inView
          ? marks.toLocaleString("en") +
            " marks for the " +
            inView.toLocaleString("en") +
            " tones in view: zoom in for each"
          : "";
    };
    return { element: key, drawn };
  }

  /** The mark of the lane, in the colour of the text around it: two steps or a disc. */
  function toneIcon(pattern) {
    const space = "http://www.w3.org/2000/svg";
    const icon = document.createElementNS(space, "svg");
    icon.setAttribute("class", "icon " + PATTERNS[pattern].tone);
    icon.setAttribute("viewBox", "0 0 12 12");
    icon.setAttribute("aria-hidden", "true");
    const shape = document.createElementNS(space, "path");
    shape.setAttribute("d", pattern === "dual" ? "M2 0h4v6h4v6h-4v-6h-4z" : "M2 6a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z");
    icon.append(shape);
    return icon;
  }

  let audio = null;
  /** What sounds now: its button, and how to end it. */
  let sounding = null;

  function playButton(name, text, label, play) {
    const button = element(
      "button",
      { type: "button", class: "play", "data-play": name, "aria-pressed": "false" },
      text,
    );
    if (label !== "") button.setAttribute("aria-label", label);
    button.disabled = window.AudioContext === undefined;
    button.addEventListener("click", () => {
      const again = sounding?.button === button;
      sounding?.stop();
      if (!again) play(button);
    });
    return button;
  }

  function playPattern(pattern) {
    const { length_s, pitches_hz, each_s } = PATTERNS[pattern];
    const button = document.querySelector('[data-play="' + pattern + '"]');
    sound(
      button,
      length_s,
      (oscillator, gain, from) => beep(oscillator, gain, from, length_s, pitches_hz, each_s),
      null,
    );
  }

  /** Every tone of the run at its place in TUNE_S, each TUNE_TONE_S long; one that falls into another is not heard. */
  function playTune(button) {
    const schedule = (oscillator, gain, from) => {
      let free_s = 0;
      for (const mark of model.tones.marks) {
        const at_s = (mark.at_s / model.end_s) * TUNE_S;
        if (at_s < free_s) continue;
        const { pitches_hz } = PATTERNS[mark.pattern];
        beep(oscillator, gain, from + at_s, TUNE_TONE_S, pitches_hz, TUNE_TONE_S / pitches_hz.length);
        free_s = at_s + TUNE_TONE_S + 2 * RAMP_S;
      }
    };
    sound(button, TUNE_S + TUNE_TONE_S, schedule, (elapsed_s) => {
      const at = Math.min(1, elapsed_s / TUNE_S) * model.end_s;
      if (at >= view[0] && at <= view[1]) pointAt(at);
    });
  }

  /** One oscillator behind one gain, opened and shut by `schedule`; `follow` is told where it is. */
  function sound(button, length_s, schedule, follow) {
    audio ??= new window.AudioContext();
    void audio.resume();
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    const from = audio.currentTime + 0.05;
    oscillator.type = "triangle";
    gain.gain.setValueAtTime(0, audio.currentTime);
    oscillator.connect(gain).connect(audio.destination);
    schedule(oscillator, gain, from);
    oscillator.start(from);
    oscillator.stop(from + length_s + RAMP_S);
    button.setAttribute("aria-pressed", "true");
    const playing = {
      button,
      stop: () => {
        oscillator.onended = null;
        oscillator.stop();
        oscillator.disconnect();
        button.setAttribute("aria-pressed", "false");
        if (sounding === playing) sounding = null;
      },
    };
    sounding = playing;
    oscillator.onended = playing.stop;
    const frame = () => {
      if (sounding !== playing) return;
      follow(Math.max(0, audio.currentTime - from));
      requestAnimationFrame(frame);
    };
    if (follow !== null) frame();
  }

  /** The ramps keep the edges of a tone from clicking. */
  function beep(oscillator, { gain }, from, length_s, pitches_hz, each_s) {
    for (let n = 0; n * each_s < length_s; n++) {
      oscillator.frequency.setValueAtTime(pitches_hz[n % pitches_hz.length], from + n * each_s);
    }
    gain.setValueAtTime(0, from);
    gain.linearRampToValueAtTime(VOLUME, from + RAMP_S);
    gain.setValueAtTime(VOLUME, from + length_s - RAMP_S);
    gain.linearRampToValueAtTime(0, from + length_s);
  }

  // The event table

  function makeEvents() {
    const body = document.querySelector("#events tbody");
    const filter = document.getElementById("filter");
    const more = document.getElementById("more");
    const count = document.getElementById("event-count");
    const texts = model.events.map((row) =>
      [row.time, row.wall, row.name, row.fields, row.tick].join(" ").toLowerCase(),
    );
    let found = model.events;
    let shown = 0;
    const show = (upTo) => {
      const rows = found.slice(shown, upTo).map(eventRow);
      body.append(...rows);
      shown += rows.length;
      more.hidden = shown >= found.length;
    };
    const refresh = () => {
      const words = filter.value
        .toLowerCase()
        .split(/[\s_]+/)
        .filter((word) => word !== "");
      found = model.events.filter((row, index) => words.every((word) => texts[index].includes(word)));
      body.replaceChildren();
      shown = 0;
      show(EVENTS_PER_PAGE);
      const all = model.events.length.toLocaleString("en");
      count.textContent = words.length === 0 ? all : found.length.toLocaleString("en") + " of " + all;
    };
    filter.addEventListener("input", refresh);
    more.addEventListener("click", () => show(shown + EVENTS_PER_PAGE));
    window.addEventListener("beforeprint", () => show(found.length));
    refresh();
  }

  function eventRow(row) {
    const line = element("tr", { class: row.tone });
    const time = element("td");
    const go = element("button", { type: "button", title: "Show in the plots" }, row.time);
    go.addEventListener("click", () => {
      const at = row.tick * TICK_S;
      const span = Math.min(view[1] - view[0], 3600);
      setView(at - span / 2, at + span / 2);
      section.scrollIntoView();
      section.focus({ preventScroll: true });
      requestAnimationFrame(() => pointAt(at));
    });
    time.append(go);
    line.append(time, element("td", {}, row.wall), element("td", {}, row.name), element("td", {}, row.fields));
    line.append(element("td", { class: "number" }, row.tick.toLocaleString("en")));
    return line;
  }

  // The page

  function element(name, attributes = {}, text = "") {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== "") made.textContent = text;
    return made;
  }

  function describe(plot, text) {
    const canvas = plot.root.querySelector("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", text);
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input")) return;
    const acts = {
      ArrowLeft: () => (event.shiftKey ? pan(-0.25) : moveCursor(-0.01)),
      ArrowRight: () => (event.shiftKey ? pan(0.25) : moveCursor(0.01)),
      "+": () => zoom(0.5, cursor_s ?? (view[0] + view[1]) / 2),
      "=": () => zoom(0.5, cursor_s ?? (view[0] + view[1]) / 2),
      "-": () => zoom(2, cursor_s ?? (view[0] + view[1]) / 2),
      0: () => setView(0, model.end_s),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  function start() {
    makeEvents();
    if (model.end_s <= 0) {
      section.hidden = true;
      return;
    }
    const width = () => Math.max(280, section.clientWidth);
    makeRuler(width());
    for (const spec of model.plots) makePlot(spec, width());
    makeLanes(width());
    showView();
    for (const button of document.querySelectorAll("[data-range]")) {
      button.addEventListener("click", () => chooseRange(button.dataset.range));
    }
    for (const button of document.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => pan(Number(button.dataset.step) * 0.5));
    }
    section.addEventListener("keydown", onKey);
    let drawnWidth = width();
    new ResizeObserver(() => {
      if (width() === drawnWidth) return;
      drawnWidth = width();
      for (const { plot } of charts) plot.setSize({ width: drawnWidth, height: plot.height });
    }).observe(section);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    for (const [name, on] of [
      ["beforeprint", true],
      ["afterprint", false],
    ]) {
      window.addEventListener(name, () => {
        document.documentElement.classList.toggle("print", on);
        repaint();
      });
    }
  }

  start();
})();
