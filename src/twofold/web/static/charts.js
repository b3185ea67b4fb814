// Draws every `[data-chart]` from the JSON beside it: line with limits and breach marks, grouped
// bars, reference against window, counts by row and column. The chart library is loaded only by a page that has a chart; the
// server's table below each chart holds the same numbers.
(() => {
  "use strict";
  const library = document.currentScript.dataset.echarts;
  const drawn = new Map();
  let loading = null;

  function load() {
    loading ??= new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = library;
      script.onload = () => resolve(window.echarts);
      script.onerror = reject;
      document.head.append(script);
    });
    return loading;
  }

  // A custom property may hold `light-dark(...)`; only a real property gives the colour in use.
  function palette() {
    const probe = document.createElement("span");
    document.body.append(probe);
    const read = (name) => {
      probe.style.color = `var(--tf-${name})`;
      return window.getComputedStyle(probe).color;
    };
    const names = ["text", "quiet", "hairline", "surface", "accent", "bad", "warn", "control"];
    const colours = Object.fromEntries(names.map((name) => [name, read(name)]));
    colours.series = [1, 2, 3, 4, 5, 6].map((number) => read(`series-${number}`));
    probe.remove();
    return colours;
  }

  function frame(data, colours) {
    const text = { color: colours.quiet, fontSize: 11, fontFamily: "Inter, sans-serif" };
    const many = data.columns.length > 2;
    const longest = Math.max(0, ...(data.limits ?? []).map((limit) => limit.label.length));
    return {
      animation: false,
      color: colours.series,
      textStyle: { fontFamily: "Inter, sans-serif" },
      grid: { left: 8, right: longest ? 12 + longest * 6 : 16, top: many ? 34 : 14, bottom: 4, containLabel: true },
      legend: {
        show: many, top: 0, left: 0, padding: 0, itemWidth: 12, itemHeight: 8, itemGap: 16,
        icon: "roundRect", textStyle: { ...text, color: colours.text }, inactiveColor: colours.quiet,
      },
      xAxis: {
        type: "category", data: data.rows.map((row) => row[0]), boundaryGap: data.kind !== "line" || data.rows.length <= 30,
        axisLine: { lineStyle: { color: colours.hairline } }, axisTick: { show: false },
        axisLabel: { ...text, hideOverlap: true },
      },
      yAxis: {
        type: "value", scale: false, splitNumber: 4, axisLabel: text,
        splitLine: { lineStyle: { color: colours.hairline } },
      },
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, padding: [8, 10], borderWidth: 1,
        backgroundColor: colours.surface, borderColor: colours.hairline,
        textStyle: { color: colours.text, fontSize: 12 }, shadowBlur: 0, shadowColor: "transparent",
        axisPointer: { type: data.kind === "line" ? "line" : "shadow",
          lineStyle: { color: colours.quiet }, shadowStyle: { color: colours.hairline, opacity: 0.4 } },
      },
    };
  }

  // Limits that lie close together: their words move apart, the higher one up and the lower one down.
  function nudge(data, limit) {
    const others = data.limits.filter((other) => other !== limit).map((other) => other.value);
    const { min = 0, max = 1 } = scale(data);
    const near = others.find((value) => Math.abs(value - limit.value) < (max - min) * 0.14);
    if (near === undefined) return [0, 0];
    return [0, limit.value > near ? -6 : 6];
  }

  function limitLines(data, colours) {
    return {
      silent: true, symbol: "none", animation: false,
      data: (data.limits ?? []).map((limit) => {
        const colour = limit.verdict === "warning" ? colours.warn : colours.bad;
        return {
          yAxis: limit.value, name: limit.label,
          lineStyle: { color: colour, type: limit.verdict === "warning" ? "dashed" : "solid", width: 1 },
          label: { formatter: limit.label, position: "end", color: colour, fontSize: 11, offset: nudge(data, limit) },
        };
      }),
    };
  }

  function breachMarks(data, index, colours, word) {
    return {
      symbol: "diamond", symbolSize: 11, silent: true, animation: false, label: { show: false },
      itemStyle: { color: colours.bad, borderColor: colours.surface, borderWidth: 1.5 },
      data: (data.breaches ?? [])
        .filter((row) => data.rows[row]?.[index] != null)
        .map((row) => ({ name: word, coord: [row, data.rows[row][index]] })),
    };
  }

  function lineSeries(data, colours, word) {
    return data.columns.slice(1).map((name, at) => ({
      type: "line", name, data: data.rows.map((row) => row[at + 1]), connectNulls: false,
      symbol: "circle", symbolSize: 5, showSymbol: data.rows.length <= 60, lineStyle: { width: 1.75 },
      ...(at === 0 && {
        markLine: limitLines(data, colours),
        markPoint: breachMarks(data, 1, colours, word),
      }),
    }));
  }

  function barSeries(data, colours) {
    const pair = data.kind === "histogram";
    return data.columns.slice(1).map((name, at) => ({
      type: "bar", name, data: data.rows.map((row) => row[at + 1]), barMaxWidth: 36,
      barGap: pair ? "0%" : "12%", barCategoryGap: pair ? "16%" : "36%",
      itemStyle: {
        borderRadius: [2, 2, 0, 0],
        ...(pair && { color: at === 0 ? colours.control : colours.accent }),
      },
      ...(at === 0 && { markLine: limitLines(data, colours) }),
    }));
  }

  // A scale in round steps that holds the limits too, which would else lie outside the picture.
  function scale(data) {
    const limits = (data.limits ?? []).map((limit) => limit.value);
    const values = data.rows.flatMap((row) => row.slice(1)).filter((value) => value != null);
    const lowest = Math.min(...values, ...limits);
    const high = Math.max(0, ...values, ...limits);
    // Bars stand on zero; a line that stays far above it is looked at where it runs.
    const low = data.kind === "line" && lowest > high * 0.4 ? lowest : Math.min(0, lowest);
    if (!limits.length || low === high) return {};
    const rough = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(rough));
    const interval = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough) * power;
    return {
      interval,
      min: Math.floor(low / interval) * interval,
      max: data.unit === "%" && high <= 100 && high > 80 ? 100 : Math.ceil((high * 1.02) / interval) * interval,
    };
  }

  // Counts by row and column as discs whose area tells how many; the number stands beside where there is room.
  function matrix(data, colours, width) {
    const text = { color: colours.quiet, fontSize: 11, fontFamily: "Inter, sans-serif" };
    const cells = data.rows.flatMap((row, y) => row.slice(1).map((count, x) => [x, y, count]));
    const largest = Math.max(1, ...cells.map((cell) => cell[2]));
    const widest = Math.min(28, (width * 0.9) / data.columns.length);
    const axis = {
      type: "category", axisLine: { show: false }, axisTick: { show: false }, axisLabel: { ...text, interval: 0 },
      splitLine: { show: true, lineStyle: { color: colours.hairline } },
    };
    return {
      animation: false,
      grid: { left: 8, right: 8, top: 4, bottom: 4, containLabel: true },
      xAxis: {
        ...axis, position: "top", data: data.columns.slice(1),
        axisLabel: { ...text, interval: 0, rotate: width < 640 ? 90 : 0 },
      },
      yAxis: { ...axis, inverse: true, data: data.rows.map((row) => row[0]) },
      series: [{
        type: "scatter", silent: true, data: cells.filter((cell) => cell[2] > 0),
        symbolSize: (cell) => Math.max(4, widest * Math.sqrt(cell[2] / largest)),
        itemStyle: { color: colours.accent, opacity: 0.85 },
        label: {
          show: width >= 640, position: "right", distance: 3, color: colours.text, fontSize: 11,
          formatter: ({ value }) => String(value[2]),
        },
      }],
    };
  }

  function option(data, word, width) {
    const colours = palette();
    if (data.kind === "matrix") return matrix(data, colours, width);
    const result = frame(data, colours);
    Object.assign(result.yAxis, scale(data));
    result.series = data.kind === "line" ? lineSeries(data, colours, word) : barSeries(data, colours);
    return result;
  }

  function draw(element, echarts) {
    const data = JSON.parse(document.getElementById(element.dataset.chart).textContent);
    const chart = drawn.get(element) ?? echarts.init(element, null, { renderer: "svg" });
    drawn.set(element, chart);
    chart.setOption(option(data, element.dataset.breach, element.clientWidth), { notMerge: true });
  }

  async function drawAll() {
    for (const [element, chart] of drawn) {
      if (!element.isConnected) {
        chart.dispose();
        drawn.delete(element);
      }
    }
    const elements = document.querySelectorAll("[data-chart]");
    if (!elements.length) return;
    const echarts = await load();
    for (const element of elements) {
      draw(element, echarts);
      watcher.observe(element);
    }
  }

  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) drawn.get(target)?.resize();
  });

  document.addEventListener("twofold:theme", drawAll);
  document.addEventListener("htmx:afterSettle", drawAll);
  drawAll();
})();
