"use strict";
const byId = (id) => document.getElementById(id);
const { duplicates, ...given } = document.querySelector("main").dataset;
const points = JSON.parse(given.points); /* threshold, flagged, right; highest threshold first */
const levels = Object.entries(JSON.parse(given.levels)); /* name, threshold */
const commands = JSON.parse(given.commands); /* text, lowest and highest threshold that it takes */
const [LEFT, RIGHT, TOP, BOTTOM] = [40, 630, 10, 260];
const x = (share) => LEFT + share * (RIGHT - LEFT);
const y = (share) => BOTTOM - share * (BOTTOM - TOP);

function draw(group, name, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  byId(group).append(node);
}

function drawGrid() {
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    draw("grid", "line", { class: "grid", x1: LEFT, x2: RIGHT, y1: y(share), y2: y(share) });
    draw("grid", "text", { x: LEFT - 6, y: y(share) + 4, "text-anchor": "end" }, `${100 * share}%`);
    draw("grid", "text", { x: x(share), y: BOTTOM + 24, "text-anchor": share < 1 ? "middle" : "end" }, share.toFixed(2));
  }
  const line = (share) => points.map(([threshold, ...counts]) => `${x(threshold)},${y(share(...counts))}`).join(" ");
  byId("precision").setAttribute("points", line((flagged, right) => right / flagged));
  byId("recall").setAttribute("points", line((_, right) => right / duplicates));
}

function drawLevels() {
  levels.forEach(([name, level], place) => {
    draw("levels", "line", { class: "level", x1: x(level), x2: x(level), y1: TOP, y2: BOTTOM });
    draw("levels", "text", { x: x(level) - 4, y: TOP + 10 + 14 * place, "text-anchor": "end" }, name);
  });
}

/* The interval of a share that holds it 19 times of 20 (Wilson 1927). */
function interval(right, all) {
  const z = 1.96;
  const share = right / all;
  const middle = (share + (z * z) / (2 * all)) / (1 + (z * z) / all);
  const half = (z / (1 + (z * z) / all)) * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

const percent = (share) => `${Math.round(100 * share)} %`;

function choose(threshold) {
  const at = Math.floor(1000 * Math.min(1, Math.max(0, threshold)) + 1e-6) / 1000; /* as the commands show it */
  byId("threshold").value = at;
  for (const end of ["x1", "x2"]) byId("cursor").setAttribute(end, x(at));
  byId("grip").setAttribute("cx", x(at));
  const [, flagged, right] = points.findLast(([each]) => each >= at) ?? [at, 0, 0];
  const [low, high] = flagged ? interval(right, flagged) : [0, 0];
  byId("figures").textContent = flagged
    ? `From ${at.toFixed(3)} on: ${right} of ${flagged} flagged issues are right, ` +
      `precision ${percent(right / flagged)} (${percent(low)} to ${percent(high)}), recall ${percent(right / duplicates)}.`
    : `From ${at.toFixed(3)} on no issue is flagged.`;
  byId("commands").textContent = commands.filter(([, low, high]) => low <= at && at <= high)
    .map(([command]) => `${command} ${at.toFixed(3)}`).join("\n");
}

function drag(event) {
  const { left, width } = event.currentTarget.getBoundingClientRect();
  choose((((event.clientX - left) / width) * 640 - LEFT) / (RIGHT - LEFT));
}

const svg = document.querySelector("svg");
svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); drag(event); });
svg.addEventListener("pointermove", (event) => { if (event.buttons) drag(event); });
byId("threshold").addEventListener("input", (event) => choose(Number(event.target.value)));
if (points.length) {
  byId("plot").hidden = false;
  drawGrid();
  drawLevels();
  const precise = points.findLast(([, flagged, right]) => right / flagged >= 0.9) ?? points[0];
  choose(levels.length ? Math.min(...levels.map(([, level]) => level)) : precise[0]);
}
