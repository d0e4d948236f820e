// Draws each [data-chart] with ECharts in the page's own colours; the table stays if that fails.
"use strict";

const NARROW = 560;
const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function written(value, decimals) {
  if (value === null || value === undefined) return "—";
  return value.toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

function axisLabel(language) {
  const scales = language === "zh" ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, " B"], [1e6, " M"], [1e3, " K"]];
  return (value) => {
    const scale = scales.find(([size]) => Math.abs(value) >= Math.max(size, 1e4));
    return scale ? `${+(value / scale[0]).toPrecision(3)}${scale[1]}` : value.toLocaleString("en-US");
  };
}

function tooltipOf(chart) {
  // Built as nodes: the page's policy forbids the style attributes of ECharts' own HTML.
  return (points) => {
    const box = document.createElement("div");
    const head = document.createElement("b");
    head.textContent = points[0].axisValueLabel;
    box.append(head);
    for (const point of points) {
      const line = document.createElement("div");
      const name = chart.series.length > 1 ? `${point.seriesName} ` : "";
      const { incomplete, running } = chart.series[point.seriesIndex];
      const part = running.includes(point.dataIndex) ? chart.running : incomplete.includes(point.dataIndex) ? chart.incomplete : "";
      line.textContent = `${name}${written(point.value, chart.decimals)} ${chart.unit}${part ? ` · ${part}` : ""}`;
      box.append(line);
    }
    return box;
  };
}

function hollow(one, colour) {
  const known = one.incomplete.filter((at) => one.values[at] !== null);
  return {
    symbol: "circle", symbolSize: 7, silent: true, animation: false, label: { show: false },
    itemStyle: { color: token("card"), borderColor: colour, borderWidth: 1.5 },
    data: known.map((at) => ({ coord: [at, one.values[at]], symbol: one.running.includes(at) ? "diamond" : "circle", symbolSize: one.running.includes(at) ? 11 : 7 })),
  };
}

function seriesOf(chart, colours) {
  return chart.series.map((one, index) => {
    const colour = colours[index % colours.length];
    if (chart.kind === "line") {
      return {
        type: "line", name: one.name, data: one.values, color: colour, showSymbol: false, symbolSize: 7,
        lineStyle: { width: 2, type: index < 2 ? "solid" : "dashed" }, labelLayout: { moveOverlap: "shiftY" },
        markPoint: hollow(one, colour),
        endLabel: { show: chart.series.length > 1, formatter: "{a}", color: colour, fontSize: 13, distance: 6 },
      };
    }
    const plain = chart.emphasis === null ? colour : token("shade-3");
    const standing = chart.emphasis === null ? colour : token("lake");
    return {
      type: "bar", name: one.name, barMaxWidth: 26, color: colour, labelLayout: { hideOverlap: true },
      label: {
        show: chart.series.length === 1, position: chart.kind === "rows" ? "right" : "top", color: token("ink"),
        fontSize: 12, padding: [0, 3], formatter: (point) => written(point.value, chart.decimals),
      },
      data: one.values.map((value, at) => ({
        value,
        itemStyle: { color: chart.series.length > 1 ? colour : at === chart.emphasis ? standing : plain },
      })),
    };
  });
}

function optionOf(chart, width) {
  const [ink, muted, line] = [token("ink"), token("muted"), token("line")];
  const colours = [1, 2, 3, 4, 5, 6].map((n) => token(`series-${n}`));
  const size = width < NARROW ? 12 : 13;
  const lying = chart.kind === "rows";
  const names = {
    type: "category", data: chart.labels, boundaryGap: chart.kind !== "line",
    axisLine: { lineStyle: { color: line } }, axisTick: { show: false },
    axisLabel: { color: muted, fontSize: size, hideOverlap: true, interval: lying ? 0 : "auto", width: lying ? Math.min(320, width * 0.4) : null, overflow: lying ? "truncate" : "none", alignMinLabel: chart.kind === "line" ? "left" : null, alignMaxLabel: chart.kind === "line" && !chart.ends ? "right" : null },
  };
  const values = {
    type: "value", scale: chart.kind === "line", splitNumber: 4, axisLine: { show: false },
    splitLine: { lineStyle: { color: line } },
    axisLabel: { color: muted, fontSize: size, hideOverlap: true, formatter: axisLabel(chart.language) },
  };
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: ink },
    grid: { left: 4, right: (lying ? 40 : 12) + chart.ends, top: 20, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "axis", formatter: tooltipOf(chart), confine: true, backgroundColor: token("card"), borderColor: line,
      textStyle: { color: ink, fontSize: 13 }, axisPointer: { type: lying || chart.kind === "bar" ? "shadow" : "line" },
    },
    xAxis: lying ? values : names,
    yAxis: lying ? { ...names, inverse: true } : values,
    series: seriesOf(chart, colours),
  };
}

function draw(place) {
  const chart = JSON.parse(place.dataset.chart);
  const drawn = echarts.getInstanceByDom(place) || echarts.init(place);
  drawn.setOption(optionOf(chart, place.clientWidth), true);
  return drawn;
}

function toggleTable(button) {
  const figure = button.closest(".chart");
  const words = button.querySelector("[data-open]");
  button.addEventListener("click", () => {
    const open = figure.classList.toggle("opened");
    button.setAttribute("aria-expanded", String(open));
    words.textContent = open ? words.dataset.open : words.dataset.closed;
  });
}

const places = [...document.querySelectorAll("[data-chart]")];
if (typeof echarts === "undefined") {
  places.forEach((place) => place.closest(".chart").classList.add("failed"));
} else {
  const resize = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const drawn = echarts.getInstanceByDom(target);
      drawn?.dispatchAction({ type: "hideTip" }); // it would stay where the chart was before
      drawn?.resize();
    }
  });
  places.forEach((place) => {
    place.closest(".chart").classList.add("drawn"); // until then its table stands there
    draw(place);
    resize.observe(place);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => places.forEach(draw));
}
document.querySelectorAll(".chart-toggle").forEach(toggleTable);
