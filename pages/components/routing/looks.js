// How the router looks; what it shares with the circuit viewer is there.

export const ROUTING_CSS = `
.routing .asked.two { grid-template-columns: minmax(0, 1fr) minmax(0, 1.3fr); }
.routing.narrow .asked.two { grid-template-columns: minmax(0, 1fr); }
.answered { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 6px 16px; align-items: start; }
.answered .input { width: 88px; height: 88px; image-rendering: pixelated; border-radius: 3px; display: block; background: var(--surface); }
.answered .bars { margin-top: 6px; max-width: 320px; }
.grid { display: grid; grid-template-columns: minmax(150px, 1.5fr) repeat(var(--steps, 3), 120px); gap: 8px 14px; align-items: center; max-width: 760px; padding: 4px; border-radius: 4px; }
.routing.narrow .grid { grid-template-columns: repeat(var(--steps, 3), minmax(0, 1fr)); gap: 4px 8px; }
.routing.narrow .grid .name { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 2px 8px; align-items: center; margin-top: 6px; }
.routing.narrow .grid > .name:first-child { display: none; }
.grid canvas { width: 100%; display: block; cursor: crosshair; touch-action: pan-y; }
.grid .name { display: grid; gap: 1px; justify-items: start; font-size: 13px; line-height: 1.35; }
.grid .name b { font-size: 14px; }
.grid .name b[style] { border-left: 10px solid var(--mark); padding-left: 6px; }
.grid .name.gone { opacity: 0.6; }
.grid .name .quiet { margin-left: -7px; }
.grid .step { font-size: 12.5px; color: var(--muted); }
.measured { border-collapse: collapse; margin-top: 8px; font-size: 13px; }
.measured th, .measured td { text-align: right; padding: 2px 0 2px 14px; border-bottom: 1px solid var(--rule); }
.measured th:first-child, .measured td:first-child { text-align: left; padding-left: 0; }
.measured th { color: var(--muted); font-weight: 600; }
`;
