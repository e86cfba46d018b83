// How the circuit viewer looks, in the theme's colours.

export const CIRCUIT_CSS = `
:host { display: block; }
.circuit { color: var(--ink); font: 14px/1.4 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; position: relative; }
.circuit * { box-sizing: border-box; }
.circuit [hidden] { display: none !important; }
.circuit p { margin: 0; max-width: 46rem; text-wrap: pretty; }
.circuit h2 { font-size: 15px; line-height: 1.3; font-weight: 600; margin: 0; }
.circuit button, .circuit input, .circuit select, .circuit summary { font: inherit; color: inherit; }
.circuit button { cursor: pointer; }
.circuit :focus { outline: none; }
.circuit :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.circuit select, .circuit input[type="search"], .circuit input[type="text"] { background: var(--page); border: 1px solid var(--axis); border-radius: 4px; padding: 3px 7px; min-height: 30px; max-width: 100%; }
.circuit input[type="range"] { accent-color: var(--accent); height: 24px; margin: 0; width: 100%; }
.quiet { background: none; border: 1px solid transparent; border-radius: 4px; padding: 3px 7px; color: var(--muted) !important; white-space: nowrap; min-height: 28px; }
.quiet:hover:not(:disabled), .quiet[aria-pressed="true"] { color: var(--ink) !important; background: var(--surface); }
.quiet[aria-pressed="true"] { border-color: var(--accent); }
.quiet:disabled { opacity: 0.55; cursor: default; }
.small { font-size: 12.5px; }
.muted { color: var(--muted); }
.line { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: center; margin-bottom: 6px; }
.line > label { display: inline-flex; gap: 6px; align-items: center; min-width: 0; }
.line > label > span { color: var(--muted); white-space: nowrap; }
.circuit input[type="search"] { width: 260px; }
.line .wide { flex: 1 1 220px; max-width: 380px; }
.line .wide b { font-weight: 600; min-width: 4.2em; text-align: right; white-space: nowrap; }
.push { margin-left: auto; display: inline-flex; gap: 2px; }
.shown { font-weight: 600; }
.columns { display: grid; grid-template-columns: minmax(0, 1.55fr) minmax(0, 1fr); gap: 0 20px; align-items: start; }
.narrow .columns { grid-template-columns: minmax(0, 1fr); gap: 12px; }
.stage { position: relative; width: 100%; height: 470px; overflow: hidden; border: 1px solid var(--rule); border-radius: 4px; touch-action: pan-y; cursor: grab; user-select: none; -webkit-user-select: none; }
.stage:active { cursor: grabbing; }
.stage.boxing { cursor: crosshair; touch-action: none; }
.narrow .stage { height: 360px; }
.stage.square { height: auto; aspect-ratio: 1; max-height: 470px; max-width: 470px; border-color: transparent; cursor: crosshair; touch-action: none; margin: 0 auto; }
.stage[data-note]:not([data-note=""])::after { content: attr(data-note); position: absolute; inset: auto auto 10px 14px; max-width: 26em; color: var(--muted); font-size: 13.5px; pointer-events: none; z-index: 1; }
.stage canvas { position: absolute; left: 0; top: 0; width: 100%; height: 100%; display: block; }
.under { min-height: 40px; font-size: 12.5px; color: var(--muted); margin-top: 4px; }
.under b { color: var(--ink); font-weight: 600; }
.tries { display: flex; flex-wrap: wrap; gap: 8px; margin-bottom: 14px; }
.tries button { display: grid; gap: 2px; text-align: left; flex: 1 1 210px; max-width: 320px; background: none; border: 1px solid var(--rule); border-radius: 4px; padding: 8px 11px; font-size: 13px; align-content: start; }
.tries button:hover { border-color: var(--accent); background: var(--tint); }
.tries b { font-weight: 600; color: var(--accent); }
.tries span { color: var(--muted); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 12px; font-size: 12.5px; color: var(--muted); margin: 2px 0 8px; align-items: center; }
.legend button { display: inline-flex; gap: 5px; align-items: center; padding: 1px 5px; min-height: 24px; }
.legend i { width: 10px; height: 10px; border-radius: 50%; display: inline-block; flex: none; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(330px, 100%), 1fr)); gap: 12px; margin-top: 8px; }
.card { border: 1px solid var(--rule); border-radius: 4px; padding: 8px 11px 10px; display: grid; gap: 5px; align-content: start; min-width: 0; }
.card header { display: flex; gap: 8px; align-items: baseline; }
.card header button { margin-left: auto; }
.card .both { display: grid; grid-template-columns: 1fr 1fr; gap: 0 14px; }
.card h3 { font-size: 12.5px; font-weight: 600; color: var(--muted); margin: 0; }
.card ol { list-style: none; margin: 0; padding: 0; display: grid; gap: 1px; }
.card ol button { display: flex; width: 100%; gap: 6px; background: none; border: 0; border-radius: 3px; padding: 1px 3px; font-size: 13px; align-items: center; text-align: left; }
.card ol button span:first-child { max-width: 45%; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.card ol button:hover { background: var(--surface); }
.card ol s { flex: 1; height: 5px; text-decoration: none; position: relative; min-width: 12px; }
.card ol s::before { content: ""; position: absolute; left: 0; top: 0; bottom: 0; width: var(--share); background: var(--bar, var(--accent)); border-radius: 2px; }
.card input { width: 100%; }
.story { display: flex; gap: 10px; align-items: flex-start; }
.story:empty { display: none; }
.story figure { margin: 0; flex: none; color: var(--muted); text-align: center; }
.story canvas { width: 84px; height: 84px; display: block; image-rendering: pixelated; border-radius: 3px; }
.story div { display: grid; gap: 4px; }
.asked.compared .pictures button { width: 36px; height: 36px; }
.tabled { max-height: 330px; overflow: auto; border: 1px solid var(--rule); border-radius: 4px; margin-top: 8px; }
.tabled table { border-collapse: collapse; width: 100%; font-size: 13px; }
.tabled th, .tabled td { text-align: right; padding: 2px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
.tabled th:first-child, .tabled td:first-child { text-align: left; }
.tabled th { position: sticky; top: 0; background: var(--page); }
.tabled th button { font-weight: 600; padding: 2px 0; }
.tabled td button { background: none; border: 0; padding: 0; text-decoration: underline; text-underline-offset: 2px; }
.tabled tr.pinned td { background: var(--tint); }
.keys { position: absolute; right: 0; top: 36px; z-index: 4; background: var(--page); border: 1px solid var(--axis); border-radius: 4px; padding: 8px 12px; font-size: 13px; display: grid; grid-template-columns: auto auto; gap: 2px 12px; box-shadow: 0 2px 10px rgb(0 0 0 / 0.12); }
.keys kbd { font: inherit; font-weight: 600; }
.wrong { border-left: 3px solid var(--warn); padding: 2px 10px; margin: 6px 0; }
.asked { display: grid; grid-template-columns: minmax(0, 1.1fr) minmax(0, 1fr) minmax(0, 1.2fr); gap: 10px 24px; margin-bottom: 14px; align-items: start; }
.narrow .asked { grid-template-columns: minmax(0, 1fr); }
.asked.acts { grid-template-columns: minmax(0, 1.2fr) minmax(0, 1fr); }
.asked.acts > div { display: grid; gap: 8px; min-width: 0; }
.narrow .asked.acts { grid-template-columns: minmax(0, 1fr); }
.asked.compared, .asked.sentence { grid-template-columns: minmax(0, 1fr) minmax(0, 1.25fr); }
.asked.compared > div, .asked.sentence > div { display: grid; gap: 7px; min-width: 0; align-content: start; }
.narrow .asked.compared, .narrow .asked.sentence { grid-template-columns: minmax(0, 1fr); }
.verdict { border-left: 3px solid var(--axis); padding: 1px 10px; }
.verdict.changed { border-color: var(--accent); }
.mostly td.less { color: var(--warn); }
.pictures { display: flex; flex-wrap: wrap; gap: 5px; }
.pictures button { padding: 0; border: 1px solid var(--rule); border-radius: 3px; background: var(--surface); width: 46px; height: 46px; overflow: hidden; }
.pictures button[aria-pressed="true"] { box-shadow: 0 0 0 2px var(--accent); }
.pictures img { width: 100%; height: 100%; display: block; image-rendering: pixelated; }
.maps { display: flex; flex-wrap: wrap; gap: 10px; }
.maps figure { margin: 0; font-size: 12.5px; color: var(--muted); }
.maps canvas { width: 132px; height: 132px; display: block; image-rendering: pixelated; background: var(--surface); border-radius: 3px; }
.bars { display: grid; grid-template-columns: auto 1fr auto; gap: 2px 8px; font-size: 13px; align-items: center; }
.bars s { height: 8px; text-decoration: none; background: var(--past); border-radius: 2px; width: var(--share); min-width: 1px; }
.bars .best { font-weight: 600; }
.bars .best + s { background: var(--accent); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
