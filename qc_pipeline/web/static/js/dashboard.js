// The two charts of the dashboard. The same figures stand in the tables and exports.
const { weeks, heat } = JSON.parse(document.getElementById("charts").textContent);
const words = document.getElementById("chart-words").dataset;
const text = { fontFamily: getComputedStyle(document.body).fontFamily, color: "#1d2a33" };
const toolbox = { feature: { saveAsImage: { title: words.save } }, right: 0, top: 0 };

function draw(id, option) {
  const chart = echarts.init(document.getElementById(id));
  chart.setOption({ textStyle: text, animation: false, toolbox, ...option });
  addEventListener("resize", () => chart.resize());
}

draw("weeks-chart", {
  tooltip: { trigger: "axis", renderMode: "richText" },
  legend: { bottom: 0 },
  grid: { left: 40, right: 40, top: 30, bottom: 50 },
  xAxis: { type: "category", data: weeks.map((week) => week.part) },
  yAxis: [{ type: "value", name: words.rate }, { type: "value", name: words.critical, minInterval: 1 }],
  series: [
    { name: words.rate, type: "line", data: weeks.map((week) => week.per_100), color: "#1f6a8c" },
    { name: words.critical, type: "bar", yAxisIndex: 1, data: weeks.map((week) => week.critical), color: "#a8201a", barMaxWidth: 18 },
  ],
});

const days = words.days.split(" ");
const cells = heat.map((cell) => [cell.hour, cell.weekday - 1, cell.violating, cell.heard]);
draw("heat-chart", {
  tooltip: { renderMode: "richText", formatter: ({ value }) => `${days[value[1]]} ${value[0]}:00  ${value[2]} / ${value[3]}` },
  grid: { left: 50, right: 20, top: 30, bottom: 60 },
  xAxis: { type: "category", data: [...Array(24).keys()], name: words.hour },
  yAxis: { type: "category", data: days, inverse: true },
  visualMap: {
    min: 0, max: Math.max(1, ...cells.map((cell) => cell[2])), dimension: 2, orient: "horizontal",
    left: "center", bottom: 0, inRange: { color: ["#eef3f6", "#f2b35e", "#a8201a"] }, precision: 0,
  },
  series: [{ type: "heatmap", data: cells }],
});
