// What a prediction strip looks like, drawn with any pen: pictures along a factor, and under them each network's answer and confidence.

import { faded, mix, parse } from "../canvas/colours.js";
import { ticks } from "../canvas/scales.js";

export const ROW = 74; // pixels of a network's row
const [SIDE, AXIS, GAP] = [10, 30, 10]; // margin left and right, height of the axis, space between rows
const [CURVE, BAND] = [26, 18]; // heights within a row
const LARGEST = 64; // pixels of a picture

/** Return where everything stands for a width. */
export function layout(data, width) {
  const inner = width - 2 * SIDE;
  const n = data.levels.length;
  const many = data.span ? Math.max(4, Math.floor(inner / 46)) : n;
  const size = Math.max(14, Math.min(LARGEST, Math.floor(inner / many) - 4));
  const [low, high] = data.span || [0, n];
  const at = (place) => SIDE + ((place - low) / (high - low)) * inner;
  const places = data.levels.map((level, i) => (data.span ? level.place : i + 0.5));
  const edges = [low, ...places.slice(1).map((place, i) => (place + places[i]) / 2), high].map(at);
  const top = size + 12;
  return { inner, many, size, at, x: places.map(at), edges, top, rows: top + AXIS, height: top + AXIS + data.networks.length * ROW, width };
}

/** Return the level nearest to a place in pixels. */
export function nearest(box, px) {
  let best = 0;
  box.x.forEach((x, i) => Math.abs(x - px) < Math.abs(box.x[best] - px) && (best = i));
  return best;
}

/** Return a colour for each class: the theme's, then two more shades. */
export const palette = (theme) => [...theme.categorical, theme.axis, theme.accent];

const dark = (colour) => parse(colour).reduce((sum, v, i) => sum + v * [0.299, 0.587, 0.114][i], 0) < 140;

/** Draw everything but the hand's line; `picture(index, x, y, size)` draws one of the strip. */
export function draw(pen, data, said, theme, width, picture) {
  const box = layout(data, width);
  shade(pen, data, box, theme);
  pictures(data, box, picture);
  axis(pen, data, box, theme);
  data.networks.forEach((name, i) => row(pen, data, said, theme, box, name, i));
  return box;
}

function shade(pen, data, box, theme) {
  pen.fillStyle = faded(theme.accent, 0.13);
  for (const [start, end] of stretches(data, box)) pen.fillRect(start, 0, Math.max(end - start, 2), box.height - GAP);
}

/** Return the stretches that training shows, in pixels. */
function stretches(data, box) {
  if (data.span) return data.support.map(([low, high]) => [box.at(low), box.at(high)]);
  return data.levels.flatMap((level, i) => (level.inside ? [[box.edges[i], box.edges[i + 1]]] : []));
}

function pictures(data, box, picture) {
  for (let k = 0; k < box.many; k++) {
    const middle = SIDE + ((k + 0.5) / box.many) * box.inner;
    picture(nearest(box, middle) + 1, middle - box.size / 2, 6, box.size);
  }
}

function axis(pen, data, box, theme) {
  const write = writer(pen, theme);
  const y = box.top + 12;
  if (!data.span) {
    const room = box.inner / data.levels.length;
    data.levels.forEach((level, i) => write(fitting(level.text, room), box.x[i], y, { align: "center", size: room < 44 ? 10 : 12 }));
    return;
  }
  pen.fillStyle = theme.axis;
  for (const value of ticks("linear", ...data.span, Math.max(3, Math.floor(box.inner / 80)))) {
    pen.fillStyle = theme.axis;
    pen.fillRect(box.at(value) - 0.5, box.top, 1, 4);
    write(String(Number(value.toPrecision(6))).replace("-", "\u2212"), Math.min(Math.max(box.at(value), SIDE + 8), box.width - SIDE - 8), y, { align: "center" });
  }
}

const fitting = (text, room) => (text.length * 6 <= room ? text : `${text.slice(0, Math.max(1, Math.floor(room / 6) - 1))}\u2026`);

const writer = (pen, theme) => (text, x, y, { align = "left", size = 12, colour = theme.muted, weight = "" } = {}) => {
  Object.assign(pen, { fillStyle: colour, font: `${weight}${size}px ${theme.font}`, textAlign: align, textBaseline: "middle" });
  pen.fillText(text, x, y);
};

function row(pen, data, said, theme, box, name, i) {
  const top = box.rows + i * ROW;
  const write = writer(pen, theme);
  write(name, SIDE, top + 8, { colour: theme.text });
  if (!said) return;
  const right = said.predicted[i].filter((answer, j) => answer === said.labels[j]).length;
  write(`right at ${right} of ${data.levels.length}`, box.width - SIDE, top + 8, { align: "right" });
  band(pen, said, theme, box, i, top + 18 + CURVE);
  curve(pen, said, theme, box, i, top + 18);
}

function curve(pen, said, theme, box, i, top) {
  pen.fillStyle = theme.rule;
  pen.fillRect(SIDE, top, box.inner, 1);
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.5;
  pen.setLineDash([]);
  pen.beginPath();
  said.confidence[i].forEach((share, j) => (j ? pen.lineTo : pen.moveTo).call(pen, box.x[j], top + (1 - share) * CURVE));
  pen.stroke();
}

/** Each answer as a stretch in its class's colour with its letter; a rule below where it is wrong, a notch where it changes. */
function band(pen, said, theme, box, i, top) {
  const [colours, answers] = [palette(theme), said.predicted[i]];
  for (let j = 0; j < answers.length; j++) {
    let end = j;
    while (end + 1 < answers.length && answers[end + 1] === answers[j]) end++;
    const [left, right] = [box.edges[j], box.edges[end + 1]];
    const colour = mix(colours[answers[j] % colours.length], theme.background, theme.dark ? 0.25 : 0.1);
    pen.fillStyle = colour;
    pen.fillRect(left, top, right - left - (end + 1 < answers.length ? 1 : 0), BAND);
    const name = said.classes[answers[j]];
    if (right - left > 7 + 6 * name.length) {
      writer(pen, theme)(name, (left + right) / 2, top + BAND / 2 + 0.5, { align: "center", colour: dark(colour) ? "#ffffff" : "#000000", weight: "600 " });
    }
    if (j) notch(pen, theme, left - 0.5, top);
    j = end;
  }
  pen.fillStyle = theme.dark ? "#ff9d86" : "#b3261e";
  answers.forEach((answer, j) => answer !== said.labels[j] && pen.fillRect(box.edges[j], top + BAND + 1, box.edges[j + 1] - box.edges[j], 3));
}

function notch(pen, theme, x, top) {
  pen.fillStyle = theme.text;
  pen.beginPath();
  pen.moveTo(x - 4, top - 5);
  pen.lineTo(x + 4, top - 5);
  pen.lineTo(x, top + 1);
  pen.closePath();
  pen.fill();
}

/** Draw the line of the hand, and a mark where the unit itself is. */
export function hand(pen, data, said, theme, box, at) {
  const x = box.x[at];
  pen.fillStyle = theme.text;
  pen.fillRect(x - 0.75, 0, 1.5, box.height - GAP);
  pen.beginPath();
  pen.moveTo(x - 6, 0);
  pen.lineTo(x + 6, 0);
  pen.lineTo(x, 7);
  pen.closePath();
  pen.fill();
  if (!said) return;
  const own = data.span ? box.at(said.own.value) : box.x[data.levels.findIndex((level) => level.text === said.own.value)];
  pen.strokeStyle = theme.text;
  pen.lineWidth = 1.5;
  pen.setLineDash([]);
  pen.beginPath();
  pen.arc(own, box.top - 2, 4, 0, 2 * Math.PI);
  pen.stroke();
}
