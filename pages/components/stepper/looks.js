// How the stepper looks, in the theme's colours.

export const STEPPER_CSS = `
:host { display: block; }
.stepper { color: var(--ink); font: 14px/1.4 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; position: relative; }
.stepper * { box-sizing: border-box; }
.stepper [hidden] { display: none !important; }
.stepper p { margin: 0; }
.stepper button, .stepper input, .stepper select { font: inherit; color: inherit; }
.stepper button { cursor: pointer; }
.stepper :focus { outline: none; }
.stepper :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.stepper select, .stepper input[type="text"] { background: var(--page); border: 1px solid var(--axis); border-radius: 4px; padding: 2px 6px; min-height: 28px; max-width: 100%; }
.stepper input[type="range"], .stepper input[type="checkbox"] { accent-color: var(--accent); margin: 0; }
.stepper h2 { font-size: 12.5px; line-height: 1.4; font-weight: 600; color: var(--muted); margin: 0 0 3px; padding: 0; }
.finding { border-left: 3px solid var(--accent); padding: 1px 0 1px 16px; margin: 0 0 12px !important; font-size: 18.4px; line-height: 1.5; max-width: 58rem; text-wrap: pretty; min-height: 30px; }
.finding b { font-weight: 600; }
.go { background: none; border: 1px solid var(--accent); border-radius: 4px; padding: 0 9px; font-size: 15px !important; line-height: 1.5; white-space: nowrap; }
.go:hover { background: var(--tint); }
.quiet { background: none; border: 1px solid transparent; border-radius: 4px; padding: 2px 7px; color: var(--muted) !important; white-space: nowrap; min-height: 28px; min-width: 28px; }
.quiet:hover:not(:disabled), .quiet[aria-pressed="true"] { color: var(--ink) !important; background: var(--surface); }
.quiet[aria-pressed="true"] { border-color: var(--accent); }
.quiet:disabled { opacity: 0.55; cursor: default; }
.small { font-size: 12.5px; }
.muted { color: var(--muted); }
.wrong { color: var(--warn); }
.line { display: flex; flex-wrap: wrap; gap: 4px 6px; align-items: center; }
.line > label { display: inline-flex; gap: 6px; align-items: center; min-width: 0; }
.above { margin-bottom: 8px; }
.compare { gap: 6px 14px; }
.compare label span { font-weight: 600; width: 22px; height: 22px; border-radius: 50%; text-align: center; line-height: 20px; border: 2px solid var(--first); flex: none; }
.compare label .b { border-color: var(--second); border-style: dashed; }
.compare select { max-width: 240px; }
.modes { display: inline-flex; gap: 2px; }
.transport { margin: 4px 0 2px; gap: 4px 2px; }
.transport label { margin: 0 2px 0 6px; }
.transport .worst { display: inline-flex; gap: 2px; margin: 0 4px; }
.push { margin-left: auto; display: inline-flex; gap: 2px; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 300px; gap: 0 24px; align-items: start; }
.narrow .columns { grid-template-columns: minmax(0, 1fr); gap: 14px; }
.stage canvas { display: block; max-width: 100%; border-radius: 3px; margin: 0 auto; touch-action: pan-y; cursor: crosshair; }
.names { display: flex; justify-content: space-around; gap: 8px; margin: 0 auto 3px; font-size: 12.5px; color: var(--muted); white-space: pre; overflow: hidden; }
.names i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; }
.under { min-height: 20px; font-size: 12.5px; color: var(--muted); margin-top: 3px; text-align: center; }
.timeline { position: relative; height: 140px; touch-action: pan-y; cursor: pointer; user-select: none; -webkit-user-select: none; border-radius: 4px; }
.timeline canvas { position: absolute; left: 0; top: 0; width: 100%; height: 100%; }
.tip { position: absolute; top: 128px; z-index: 3; pointer-events: none; background: var(--surface); border: 1px solid var(--axis); border-radius: 4px; padding: 2px 8px; font-size: 12.5px; max-width: 100%; }
.legend { display: flex; flex-wrap: wrap; gap: 0 14px; margin-top: 2px; }
.legend i { display: inline-block; vertical-align: middle; margin-right: 6px; }
.legend i.line { width: 22px; height: 0; border-top: 2px solid var(--first); }
.legend i.b { border-top: 2px dashed var(--second); }
.legend i.area { width: 12px; height: 10px; background: var(--past); }
.beside { display: grid; gap: 16px; min-width: 0; }
.layer { display: grid; grid-template-columns: minmax(0, 1fr) 84px 14px; gap: 8px; align-items: center; min-height: 27px; }
.layer label { display: flex; gap: 7px; align-items: center; cursor: pointer; min-width: 0; }
.layer canvas { width: 26px; height: 16px; border-radius: 2px; flex: none; }
.layer span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.layer input[type="range"] { width: 84px; height: 20px; }
.layer kbd { font: inherit; font-size: 12.5px; color: var(--muted); text-align: right; }
.layer.off span { color: var(--muted); }
.kinds { display: grid; gap: 1px; margin-top: 5px !important; }
.kinds i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 6px; outline: 1px solid var(--axis); }
.tracks .rows { display: grid; gap: 1px; max-height: 250px; overflow-y: auto; }
.tracks button { display: grid; grid-template-columns: minmax(0, 1fr) 60px auto; gap: 8px; align-items: center; background: none; border: 1px solid transparent; border-radius: 4px; padding: 3px 6px; text-align: left; min-height: 28px; }
.tracks button:hover { background: var(--surface); }
.tracks button[aria-pressed="true"] { border-color: var(--accent); background: var(--surface); }
.tracks b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tracks span { font-size: 12.5px; color: var(--muted); }
.tracks s { height: 6px; text-decoration: none; background: linear-gradient(to right, var(--first) var(--share), var(--rule) var(--share)); border-radius: 2px; }
.keys { position: absolute; right: 0; top: 104px; z-index: 4; background: var(--page); border: 1px solid var(--axis); border-radius: 4px; padding: 10px 14px; font-size: 13px; max-width: min(100%, 560px); max-height: 80vh; overflow-y: auto; box-shadow: 0 2px 10px rgb(0 0 0 / 0.16); }
.keys .rows { display: grid; grid-template-columns: max-content minmax(0, 1fr) max-content minmax(0, 1fr); gap: 2px 10px; align-items: center; margin: 6px 0; }
.narrow .keys .rows { grid-template-columns: max-content minmax(0, 1fr); }
.keys kbd { font: inherit; font-weight: 600; white-space: pre; }
.keys .rows button { background: var(--surface); border: 1px solid var(--axis); border-radius: 4px; min-width: 30px; min-height: 26px; padding: 0 7px; font-weight: 600; justify-self: start; }
.keys .rows button[aria-pressed="true"] { border-color: var(--accent); background: var(--tint); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
