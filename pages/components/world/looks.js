// How the world looks: one style sheet for graph, pictures and hand, in the theme's colours.

export const WORLD_CSS = `
.world { color: var(--ink); font: 14px/1.4 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; position: relative; }
.world * { box-sizing: border-box; }
.world [hidden] { display: none !important; }
.world p { margin: 0; max-width: 46rem; text-wrap: pretty; }
.world h2 { font-size: 16px; line-height: 1.3; font-weight: 600; margin: 0; padding: 0; }
.world button, .world input, .world summary, .world a { font: inherit; color: inherit; }
.world button { cursor: pointer; }
.world :focus { outline: none; }
.world :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.quiet { background: none; border: 1px solid transparent; border-radius: 4px; padding: 3px 7px; color: var(--muted); white-space: nowrap; min-height: 28px; }
.quiet:hover { color: var(--ink); background: var(--surface); }
.world .quiet[aria-pressed="true"] { color: var(--ink); border-color: var(--accent); }
.answers .plain { white-space: nowrap; }
.plain { background: none; border: 1px solid var(--axis); border-radius: 4px; padding: 4px 10px; min-height: 30px; }
.plain:hover { border-color: var(--accent); }
.small { font-size: 12.5px; }
.muted { color: var(--muted); }
.warn { color: var(--warn); font-weight: 600; }
.wrong { border-left: 3px solid var(--warn); padding: 2px 10px; margin: 6px 0; }
.done { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; min-height: 34px; margin-bottom: 6px; }
.done > strong { font-weight: 600; margin-right: 2px; }
.chip { display: inline-flex; align-items: center; border: 1px solid var(--accent); border-radius: 4px; background: var(--tint); max-width: 100%; }
.chip > span { padding: 3px 2px 3px 9px; overflow-wrap: anywhere; }
.chip > button { background: none; border: 0; padding: 3px 9px; min-height: 28px; }
.starts { display: flex; flex-wrap: wrap; gap: 6px; margin-bottom: 10px; }
.starts a { text-decoration: none; border: 1px solid var(--rule); border-radius: 4px; padding: 4px 10px; flex: 1 1 200px; max-width: 330px; font-size: 13px; }
.narrow .starts a { flex: 1 1 44%; max-width: none; }
.starts a:hover { border-color: var(--accent); }
.starts b { display: block; font-weight: 600; color: var(--accent); font-size: 14px; }
.answers:not([hidden]) { display: contents; } /* so that what is said stays in sight as far as the pictures reach */
.answers .said { position: sticky; top: 3.75rem; z-index: 3; background: var(--page); border: 1px solid var(--rule); border-radius: 5px 5px 0 0; padding: 9px 14px; margin-top: 2px; display: flex; gap: 14px; align-items: flex-start; justify-content: space-between; min-height: 46px; }
.answers .counts { border: 1px solid var(--rule); border-top: 0; border-radius: 0 0 5px 5px; padding: 6px 14px 8px; margin-bottom: 14px; }
.answers .told { scroll-margin: 80px 0 110px; font-size: 16px; max-width: 60rem; overflow-wrap: anywhere; }
.answers .told b { font-weight: 600; }
.answers .told.bad { color: var(--wrong); }
.answers table { border-collapse: collapse; width: 100%; }
.answers th, .answers td { text-align: left; font-weight: 400; padding: 2px 14px 2px 0; vertical-align: middle; }
.answers thead th { color: var(--muted); font-size: 12.5px; padding-bottom: 0; }
.answers tbody th { overflow-wrap: anywhere; width: 99%; }
.answers .who { display: flex; gap: 9px; align-items: baseline; }
.answers th small { display: block; color: var(--muted); font-size: 12px; }
.answers .count, .answers thead th { white-space: nowrap; }
.answers .count small { color: var(--muted); font-size: 12px; }
.answers .count b { font-weight: 600; }
.answers thead td { padding: 0; }
.answers .ends { display: flex; justify-content: space-between; color: var(--muted); font-size: 11.5px; width: 220px; }
.answers .scale { padding-right: 0; }
.answers .scale svg { display: block; width: 220px; }
.letter { font-style: normal; font-weight: 700; border: 1.5px solid; border-radius: 3px; width: 20px; height: 20px; line-height: 17px; text-align: center; flex: none; font-size: 12.5px; }
[data-letter="0"] { --own: var(--letter-0); } [data-letter="1"] { --own: var(--letter-1); } [data-letter="2"] { --own: var(--letter-2); } [data-letter="3"] { --own: var(--letter-3); }
.letter { color: var(--own); border-color: var(--own); }
.scale .grid { stroke: var(--rule); }
.scale .way { stroke: var(--own); stroke-width: 1; stroke-dasharray: 3 3; }
.scale line.range { stroke: var(--own); stroke-width: 3; opacity: 0.45; }
.scale circle { stroke: var(--own); stroke-width: 1.5; fill: var(--own); }
.scale circle.before { fill: var(--page); }
.answers.waiting table { opacity: 0.55; }
.narrow .answers .said { flex-wrap: wrap; }
.narrow .answers .scale, .narrow .answers thead td, .narrow .answers th small { display: none; }
.narrow .answers { padding: 8px 10px; }
.narrow .answers th, .narrow .answers td { padding-right: 8px; }
.narrow .answers .count small { display: block; font-size: 11px; }
.columns { display: grid; grid-template-columns: minmax(0, 1.3fr) minmax(0, 1fr); grid-template-rows: auto 1fr; gap: 0 28px; align-items: start; }
.seen { grid-column: 2; grid-row: 1 / 3; position: sticky; top: 66px; }
.hand { grid-column: 1; grid-row: 2; }
.narrow .columns { grid-template-columns: minmax(0, 1fr); grid-template-rows: none; gap: 10px; }
.narrow .seen, .narrow .hand { grid-column: 1; grid-row: auto; position: static; }
.graph { position: relative; overflow-x: auto; overflow-y: hidden; padding: 2px; }
.graph > svg { position: absolute; left: 2px; top: 2px; overflow: visible; }
.node { position: absolute; text-align: left; background: var(--page); border: 1px solid var(--axis); border-radius: 5px; padding: 2px 7px 3px; height: 40px; overflow: hidden; }
.node:hover { border-color: var(--accent); }
.node .name { display: flex; gap: 4px; line-height: 18px; white-space: nowrap; }
.node .name b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; flex: 0 1 auto; }
.node .name i { font-style: normal; color: var(--accent); overflow: hidden; text-overflow: ellipsis; flex: 1 1 0; min-width: 1.5em; font-weight: 600; }
.node .name small { color: var(--muted); font-size: 11px; margin-left: auto; flex: none; }
.node svg { display: block; width: 100%; height: 15px; }
.node.tight .name small { display: none; }
.node.target { border-width: 2px; border-color: var(--ink); padding: 1px 6px 2px; }
.node.hidden { border-style: dashed; }
.node.acted { border: 2px solid var(--accent); background: var(--tint); padding: 1px 6px 2px; }
.node[aria-pressed="true"] { box-shadow: 0 0 0 3px var(--halo); }
.heading { font-size: 12.5px; color: var(--muted); position: absolute; }
.edge { cursor: pointer; }
.edge .hit { stroke: transparent; stroke-width: 13; fill: none; pointer-events: stroke; }
.edge path { fill: none; }
.edge:hover .line, .edge:focus-visible .line, .edge.selected .line { stroke: var(--accent); }
.edge:focus-visible { outline: none; }
.edge:focus-visible .hit, .edge.selected .hit { stroke: var(--halo); }
.tip { position: absolute; z-index: 3; max-width: 250px; background: var(--page); border: 1px solid var(--axis); border-radius: 4px; padding: 5px 9px; pointer-events: none; font-size: 13px; box-shadow: 0 2px 10px rgb(0 0 0 / 0.12); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 12.5px; color: var(--muted); margin-top: 6px; }
.legend span { display: inline-flex; gap: 6px; align-items: center; }
.legend svg { flex: none; }
.bar { display: flex; flex-wrap: wrap; gap: 4px; align-items: center; margin-bottom: 5px; min-height: 30px; }
.bar > span { margin-right: auto; }
.tiles { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 5px; max-width: 460px; }
.narrow .tiles { grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 3px; max-width: none; }
.tile { padding: 0; border: 1px solid transparent; border-radius: 3px; background: none; min-width: 0; }
.tile .shot { display: block; position: relative; aspect-ratio: 1; overflow: hidden; border-radius: 3px; background: var(--surface); }
.tile .says { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 3px; height: 20px; font-size: 12.5px; line-height: 16px; text-align: center; color: var(--muted); padding-top: 1px; }
.tile .says > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; border-bottom: 2px solid transparent; }
.tile .says small { font-size: 10px; margin-right: 3px; }
.tile .says .no { color: var(--wrong); font-weight: 600; border-color: var(--wrong); }
.alone .tile .says { display: none; }
.narrow .says small { display: none; }
.tile canvas { width: 100%; height: 100%; display: block; image-rendering: pixelated; }
.tile:hover { border-color: var(--accent); }
.tile[aria-selected="true"] { box-shadow: 0 0 0 2px var(--accent); }
.tile.past { border: 1px dashed var(--ink); }
.tile.past .shot::after { content: "before"; position: absolute; left: 0; right: 0; bottom: 0; font-size: 10.5px; line-height: 14px; background: var(--page); color: var(--ink); }
.seen .warn { margin-top: 6px; }
.tiles.waiting { opacity: 0.55; }
.hand { margin-top: 14px; border-top: 1px solid var(--rule); padding-top: 10px; display: grid; gap: 7px; }
.hand .head { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; }
.hand ul { margin: 0; padding: 0; list-style: none; display: grid; gap: 3px; }
.hand li { display: flex; gap: 8px; align-items: baseline; justify-content: space-between; }
.tag { font-size: 12px; color: var(--muted); border: 1px solid var(--rule); border-radius: 3px; padding: 0 5px; white-space: nowrap; }
.ways { display: flex; flex-wrap: wrap; gap: 2px; }
.values { display: grid; grid-template-columns: repeat(auto-fill, minmax(78px, 1fr)); gap: 5px; }
.value { background: none; border: 1px solid var(--rule); border-radius: 4px; padding: 3px; display: grid; gap: 1px; text-align: center; min-width: 0; }
.value:hover { border-color: var(--accent); }
.value[aria-pressed="true"] { border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent); }
.value canvas { width: 44px; height: 44px; margin: 0 auto; image-rendering: pixelated; background: var(--surface); border-radius: 2px; }
.value b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; line-height: 1.25; }
.value small { font-size: 11.5px; color: var(--muted); line-height: 1.25; }
.value.unseen { border-style: dashed; border-color: var(--axis); }
.value.unseen small { color: var(--warn); }
.slide { position: relative; }
.slide .spread { display: block; width: calc(100% - 16px); margin: 0 8px; height: 52px; }
.slide input[type="range"] { width: 100%; margin: 0; display: block; accent-color: var(--accent); height: 24px; }
.slide .ends { display: flex; justify-content: space-between; font-size: 12px; color: var(--muted); }
.film { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); gap: 3px; }
.film canvas { width: 100%; max-width: 60px; aspect-ratio: 1; image-rendering: pixelated; background: var(--surface); border-radius: 2px; margin: 0 auto; }
.film button { background: none; border: 0; padding: 0; display: grid; gap: 1px; font-size: 11.5px; color: var(--muted); justify-items: center; }
.number { display: inline-flex; gap: 6px; align-items: center; }
.world input[type="number"] { width: 112px; padding: 3px 6px; border: 1px solid var(--axis); border-radius: 4px; background: var(--page); min-height: 30px; }
.unit { margin-top: 14px; border-top: 1px solid var(--rule); padding-top: 10px; display: grid; gap: 8px; }
.pair { display: flex; gap: 12px; align-items: flex-end; flex-wrap: wrap; }
.pair figure { margin: 0; font-size: 12.5px; color: var(--muted); }
.pair canvas { width: 112px; height: 112px; display: block; image-rendering: pixelated; background: var(--surface); border-radius: 3px; }
.replies { margin: 0; display: grid; gap: 3px; align-content: end; font-size: 13px; flex: 1 1 300px; min-width: 0; }
.replies div { display: flex; flex-wrap: wrap; gap: 2px 10px; border-bottom: 1px solid var(--rule); }
.replies dt { color: var(--muted); overflow-wrap: anywhere; }
.replies dd { margin: 0 0 0 auto; }
.replies .no { color: var(--wrong); font-weight: 600; }
.replies small { color: var(--muted); font-weight: 400; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(158px, 1fr)); gap: 2px 16px; margin: 0; font-size: 13px; }
.facts div { display: flex; gap: 6px; border-bottom: 1px solid var(--rule); padding: 1px 0; min-width: 0; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0 0 0 auto; text-align: right; overflow-wrap: anywhere; }
.facts .moved dd { color: var(--accent); font-weight: 600; }
.facts s { color: var(--muted); font-weight: 400; }
.settings { margin-top: 10px; font-size: 13.5px; }
.settings summary { cursor: pointer; color: var(--muted); padding: 3px 0; }
.settings label { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 10px; margin-top: 6px; }
.settings label input { grid-column: 1 / -1; width: 100%; accent-color: var(--accent); }
.keys { position: absolute; right: 0; top: 36px; z-index: 4; background: var(--page); border: 1px solid var(--axis); border-radius: 4px; padding: 8px 12px; font-size: 13px; display: grid; grid-template-columns: auto auto; gap: 2px 12px; box-shadow: 0 2px 10px rgb(0 0 0 / 0.12); }
.keys kbd { font: inherit; font-weight: 600; }
@media (prefers-reduced-motion: no-preference) { .tiles { transition: opacity 0.15s; } }
`;
