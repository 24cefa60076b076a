/* Draws the table of the explorer as a chart. Optional: without it the table says the same.
   Only the packages of Vega that the design uses; expressions are interpreted, never evaluated; words are set as text. */
import { transforms } from "vega-dataflow";
import * as basic from "vega-transforms";
import * as ofViews from "vega-view-transforms";
import * as encoding from "vega-encode";
import { View } from "vega-view";
import { parse } from "vega-parser";
import { expressionInterpreter } from "vega-interpreter";
import design from "./design.json";

for (const each of [basic, ofViews, encoding]) Object.assign(transforms, each);

const HEIGHT_OF_A_LABEL = 18;
const ROOM_FOR_LABELS = 190;
const NARROW = 560;

/* Every shown figure of the table, line by line, as the server wrote it. */
function linesOf(table) {
  return [...table.tBodies].map((body) => {
    let segment = 0;
    const points = [];
    for (const row of body.rows) {
      if (!row.dataset.day) continue;
      if (row.dataset.anew !== undefined || row.dataset.score === undefined) segment += 1;
      if (row.dataset.score === undefined) continue;
      const { day, score, low, high, said } = row.dataset;
      const name = body.dataset.name;
      points.push({ x: day, score: +score, lower: +low, upper: +high, name, segment: `${name} ${segment}`, said });
    }
    return { name: body.dataset.name, points };
  }).filter((line) => line.points.length);
}

/* The names at the ends of lines, moved apart where they would lie on one another. */
function endsOf(lines, extent, height) {
  const step = ((extent[1] - extent[0]) * HEIGHT_OF_A_LABEL) / height;
  const ends = lines.map((line) => ({ ...line.points.at(-1), label: line.name }));
  ends.sort((one, other) => one.score - other.score);
  let last = -Infinity;
  for (const end of ends) end.height = last = Math.max(end.score, last + step);
  const over = Math.max(0, last - extent[1]);
  for (const end of ends) end.height -= over;
  return ends;
}

function extentOf(points) {
  const low = Math.min(...points.map((point) => point.lower));
  const high = Math.max(...points.map((point) => point.upper));
  return [Math.max(0, 10 * Math.floor(low / 10)), Math.min(100, 10 * Math.ceil(high / 10))];
}

/* The chart, or the sentence that stands for it. */
function show(place, isDrawn) {
  place.parentElement.hidden = !isDrawn;
  place.parentElement.previousElementSibling.hidden = isDrawn;
}

async function start(place, table, said) {
  const lines = linesOf(table);
  if (!lines.length) return;
  show(place, true);
  const points = lines.flatMap((line) => line.points);
  const days = points.map((point) => point.x).sort();
  const extent = extentOf(points);
  const isNarrow = () => place.clientWidth < NARROW;
  const rows = {
    points,
    extent: [{ x: days[0], y: extent[0] }, { x: days.at(-1), y: extent[1] }],
    ends: isNarrow() ? [] : endsOf(lines, extent, design.height),
    chosen: [],
  };
  for (const dataset of design.data) if (dataset.name in rows) dataset.values = rows[dataset.name];
  if (isNarrow()) design.padding.right = 16;
  const room = () => Math.max(180, place.clientWidth - (isNarrow() ? 64 : ROOM_FOR_LABELS));
  const view = new View(parse(design, null, { ast: true }), {
    expr: expressionInterpreter, renderer: "svg", container: place, hover: false,
  });
  view.width(room());
  await view.runAsync();

  let [line, at] = [0, lines[0].points.length - 1];
  const pick = () => {
    const point = lines[line].points[at];
    view.signal("picked", point.name).data("chosen", [point]);
    said.textContent = `${point.name}, ${point.said}`;
    return view.runAsync();
  };
  const pickPoint = (item) => {
    const found = lines.findIndex((each) => each.name === item?.datum?.name);
    if (found < 0 || item.datum.score === undefined) return;
    [line, at] = [found, Math.max(0, lines[found].points.findIndex((point) => point.x === item.datum.x))];
    pick();
  };
  for (const event of ["pointerover", "pointerdown"]) view.addEventListener(event, (_, item) => pickPoint(item));
  const near = (there) => lines[there].points.reduce((best, point, place) =>
    Math.abs(Date.parse(point.x) - Date.parse(lines[line].points[at].x))
      < Math.abs(Date.parse(lines[there].points[best].x) - Date.parse(lines[line].points[at].x)) ? place : best, 0);
  const goTo = (there) => { at = near(there); line = there; };
  const keys = {
    ArrowLeft: () => { at = Math.max(0, at - 1); },
    ArrowRight: () => { at = Math.min(lines[line].points.length - 1, at + 1); },
    ArrowUp: () => goTo((line + lines.length - 1) % lines.length),
    ArrowDown: () => goTo((line + 1) % lines.length),
    Home: () => { at = 0; },
    End: () => { at = lines[line].points.length - 1; },
  };
  place.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
    pick();
  });
  new ResizeObserver(() => { if (view.width() !== room()) view.width(room()).runAsync(); }).observe(place);
  await pick();
}

const place = document.getElementById("explorer");
start(place, document.querySelector("table.explored"), document.getElementById("explorer-said"))
  .catch((error) => { show(place, false); throw error; });
