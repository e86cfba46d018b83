// Thresholds as a picture to take away: probabilities of each group with its threshold, rates, and gaps as bars.

import { SvgPen } from "../canvas/svgpen.js";

const WIDE = 960;
const PAD = 16;
const LINE = 22;
const BETWEEN = 28; // pixels between two groups side by side
const LETTER = 6.3; // pixels of one, on average
const BAR = 200;

/**
 * Return {text, width, height} of what stands on the page, as SVG.
 * @param shown {name, sentence, tall, groups: [{name, said, ink, draw: with a pen and a width}], rates: rows of cells, gaps: [{words, now, before, value, was, line}]}
 * @param look colours and letters of the theme
 */
export function picture(shown, look) {
  const rows = Math.ceil(shown.groups.length / 2);
  const sentence = wrapped(shown.sentence, (WIDE - 2 * PAD) / LETTER);
  const tops = { groups: PAD + 30 };
  tops.sentence = tops.groups + rows * (shown.tall + LINE + 12) + 6;
  tops.rates = tops.sentence + sentence.length * LINE + 10;
  tops.gaps = tops.rates + shown.rates.length * LINE + 14;
  const height = tops.gaps + (shown.gaps.length + 1) * LINE + PAD;
  const pen = new SvgPen(WIDE, height);
  pen.fillStyle = look.background;
  pen.fillRect(0, 0, WIDE, height);
  const write = (text, x, y, { align = "left", size = 13, weight = "", ink = look.text } = {}) => {
    Object.assign(pen, { font: `${weight ? `${weight} ` : ""}${size}px ${look.font}`, fillStyle: ink, textAlign: align, textBaseline: "middle" });
    pen.fillText(text, x, y);
  };
  write(shown.name, PAD, PAD + 8, { size: 15, weight: "600" });
  groups(pen, write, shown, tops.groups);
  sentence.forEach((line, i) => write(line, PAD, tops.sentence + (i + 0.5) * LINE));
  table(write, shown.rates, tops.rates, look);
  bars(pen, write, shown.gaps, tops.gaps, look);
  return { text: pen.text(shown.name, shown.sentence), width: WIDE, height };
}

function groups(pen, write, { groups: all, tall }, top) {
  const wide = (WIDE - 2 * PAD - BETWEEN) / 2;
  all.forEach((group, i) => {
    const [x, y] = [PAD + (i % 2) * (wide + BETWEEN), top + Math.floor(i / 2) * (tall + LINE + 12)];
    pen.fillStyle = group.ink;
    pen.fillRect(x, y + 6, 10, 10);
    write(group.name, x + 16, y + 11);
    write(group.said, x + wide, y + 11, { align: "right", weight: "600" });
    pen.save();
    pen.translate(x, y + LINE);
    group.draw(pen, wide);
    pen.restore();
  });
}

/** Draw rows of cells, the first row muted; the first column is wider. */
function table(write, rows, top, look) {
  const first = 140;
  const each = (WIDE - 2 * PAD - first) / Math.max(1, rows[0].length - 1);
  rows.forEach((cells, r) =>
    cells.forEach((text, c) =>
      write(text, c ? PAD + first + c * each : PAD, top + (r + 0.5) * LINE, { align: c ? "right" : "left", size: 12, ink: r ? look.text : look.muted }),
    ),
  );
}

function bars(pen, write, gaps, top, look) {
  const [now, before, left] = [WIDE - PAD - BAR - 130, WIDE - PAD - BAR - 20, WIDE - PAD - BAR];
  const head = { size: 12, ink: look.muted };
  write("gap between groups", PAD, top + LINE / 2, head);
  write("now", now, top + LINE / 2, { ...head, align: "right" });
  write("at 0.5 for all", before, top + LINE / 2, { ...head, align: "right" });
  gaps.forEach((gap, i) => {
    const y = top + (i + 1.5) * LINE;
    write(gap.words, PAD, y, { size: 12 });
    write(gap.now, now, y, { align: "right", size: 12 });
    write(gap.before, before, y, { align: "right", size: 12 });
    const part = (ink, from, to, high) => {
      pen.fillStyle = ink;
      pen.fillRect(left + BAR * from, y - high / 2, Math.max(2, BAR * (to - from)), high);
    };
    part(look.surface, 0, 1, 10);
    if (!Number.isNaN(gap.value)) part(look.accent, 0, Math.min(1, gap.value), 10);
    if (!Number.isNaN(gap.was)) part(look.muted, Math.min(1, gap.was), Math.min(1, gap.was), 14);
    if (gap.line) part(look.text, gap.line, gap.line, 18);
  });
}

/** Break a sentence into lines of so many letters. */
function wrapped(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1).length + word.length + 1 > most) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}
