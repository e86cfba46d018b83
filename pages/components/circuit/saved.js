// What is on screen as files: both views as a picture, the shown edges as rows.

import { fileName, raster, save, withFont } from "../canvas/saving.js";
import { SvgPen } from "../canvas/svgpen.js";
import { sentence } from "./model.js";

const VECTORS = 5000; // edges up to which an SVG has each as a line

/** Save both views beside each other as they are, as "png" or "svg". */
export async function savePicture(viewer, kind) {
  const { made, now, theme } = viewer;
  const pen = drawing(viewer);
  const svg = await withFont(pen.text(made.title, sentence(now)));
  const blob = kind === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await raster(svg, pen.width, pen.height, 2, theme.background);
  save(blob, fileName(made.title, kind));
}

/** Save the edges that are shown with their values, the largest first. */
export function saveEdges(viewer) {
  const { made, drawn } = viewer;
  const rows = viewer.strongest().map(({ source, target, value }) => [drawn.key, source, target, value].join(","));
  save(new Blob([["graph,source,target,value", ...rows, ""].join("\n")], { type: "text/csv" }), fileName(`${made.title} ${drawn.key}`, "csv"));
}

/** Both views with what is hidden below them. */
function drawing({ graph, matrix, theme, made, now, drawn, chooser }) {
  const gap = 24;
  const pen = new SvgPen(graph.width + gap + matrix.size, Math.max(graph.height, matrix.size) + 46);
  pen.fillStyle = theme.background;
  pen.fillRect(0, 0, pen.width, pen.height);
  const picture = (canvas, x, y, w, h) => pen.image(canvas.toDataURL("image/png"), x, y, w, h);
  const vector = now.edges.length <= VECTORS;
  if (!vector) picture(graph.base, 0, 0, graph.width, graph.height);
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, graph.width, graph.height);
  pen.clip();
  if (vector) graph.traced(pen);
  graph.ink(pen);
  pen.restore();
  picture(matrix.base, graph.width + gap, 0, matrix.size, matrix.size);
  Object.assign(pen, { font: `600 13px ${theme.font}`, textAlign: "left", textBaseline: "alphabetic", fillStyle: theme.text });
  pen.fillText(made.title, 4, pen.height - 24);
  Object.assign(pen, { font: `12px ${theme.font}`, fillStyle: theme.muted });
  pen.fillText(`${chooser.name(drawn)}: ${sentence(now)}`, 4, pen.height - 7);
  return pen;
}
