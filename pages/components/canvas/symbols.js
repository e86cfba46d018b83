// The eight symbols of engine/plots/looks.py, in the same order.

export const NAMES = ["circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star"];

const polygon = (n, turn, inner = 1) =>
  Array.from({ length: inner === 1 ? n : 2 * n }, (_, i) => {
    const angle = turn + (i * 2 * Math.PI) / (inner === 1 ? n : 2 * n);
    const r = inner !== 1 && i % 2 ? inner : 1;
    return [r * Math.cos(angle), r * Math.sin(angle)];
  });
const plus = (arm, turn) => {
  const corners = [[arm, -1], [arm, -arm], [1, -arm], [1, arm], [arm, arm], [arm, 1], [-arm, 1], [-arm, arm], [-1, arm], [-1, -arm], [-arm, -arm], [-arm, -1]];
  return corners.map(([x, y]) => [x * Math.cos(turn) - y * Math.sin(turn), x * Math.sin(turn) + y * Math.cos(turn)]);
};
const UP = -Math.PI / 2;
const CORNERS = [
  null,
  [[-0.88, -0.88], [0.88, -0.88], [0.88, 0.88], [-0.88, 0.88]],
  polygon(4, UP).map(([x, y]) => [1.15 * x, 1.15 * y]),
  polygon(3, UP).map(([x, y]) => [1.15 * x, 1.15 * y + 0.15]),
  polygon(3, -UP).map(([x, y]) => [1.15 * x, 1.15 * y - 0.15]),
  plus(0.36, 0),
  plus(0.36, Math.PI / 4),
  polygon(5, UP, 0.45).map(([x, y]) => [1.2 * x, 1.2 * y]),
];

/** Add a symbol's outline to a pen's path, about as large as a circle of radius r. */
export function outline(pen, symbol, x, y, r) {
  const corners = CORNERS[symbol % CORNERS.length];
  if (!corners) {
    pen.moveTo(x + r, y);
    pen.arc(x, y, r, 0, 2 * Math.PI);
    return;
  }
  corners.forEach(([dx, dy], i) => (i ? pen.lineTo(x + r * dx, y + r * dy) : pen.moveTo(x + r * dx, y + r * dy)));
  pen.closePath();
}
