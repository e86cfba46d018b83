// How a plane and what stands around it look; colours are set by the plane from the page's theme.

export const CSS = `
:host, .plane { display: block; }
.plane { position: relative; color: var(--plane-text); font: 13px/1.4 var(--st-font, "Source Sans", system-ui, sans-serif); font-variant-numeric: tabular-nums; }
.plane * { box-sizing: border-box; }
.bar { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: center; justify-content: space-between; min-height: 30px; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 4px; align-items: center; flex: 1 1 200px; min-width: 0; }
.legend button { display: inline-flex; gap: 5px; align-items: center; max-width: 220px; }
.legend button span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.legend button[aria-pressed="true"] { border-color: var(--plane-muted); }
.tools { display: flex; gap: 2px; flex: 0 0 auto; margin-left: auto; }
.plane button { font: inherit; color: var(--plane-muted); background: none; border: 1px solid transparent; border-radius: 4px; padding: 2px 6px; min-height: 26px;
  min-width: 26px; cursor: pointer; }
.plane button:hover, .plane button[aria-pressed="true"], .plane button[aria-expanded="true"] { color: var(--plane-text); background: var(--plane-surface); }
.plane button:focus-visible, .stage:focus-visible { outline: 2px solid var(--plane-accent); outline-offset: 1px; }
.tools svg { display: block; width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.4; stroke-linecap: round; stroke-linejoin: round; }
.tools .word { font-size: 12px; }
.stage { position: relative; width: 100%; overflow: hidden; touch-action: pan-y; cursor: crosshair; border-radius: 4px; user-select: none; -webkit-user-select: none; }
.stage.taking { touch-action: none; }
.stage.pointing { cursor: pointer; }
.stage.dragging { cursor: grabbing; }
.stage canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.tip { position: absolute; z-index: 2; pointer-events: none; max-width: min(320px, 90%); padding: 6px 9px; border: 1px solid var(--plane-axis); border-radius: 4px;
  background: var(--plane-surface); color: var(--plane-text); overflow-wrap: anywhere; }
.tip b { font-weight: 600; display: block; }
.tip small { color: var(--plane-muted); font-size: 12px; }
.foot { color: var(--plane-muted); min-height: 22px; display: flex; flex-wrap: wrap; gap: 2px 12px; align-items: center; font-size: 12.5px; }
.panel { border-top: 1px solid var(--plane-rule); margin-top: 6px; padding-top: 6px; max-height: 320px; overflow: auto; }
.panel table { border-collapse: collapse; width: 100%; font-size: 12.5px; }
.panel th, .panel td { text-align: left; padding: 3px 8px 3px 0; border-bottom: 1px solid var(--plane-rule); vertical-align: top; }
.panel th { color: var(--plane-muted); font-weight: 600; position: sticky; top: 0; background: var(--plane-background); }
.panel td button { text-align: left; padding: 0; min-height: 0; color: var(--plane-text); text-decoration: underline; overflow-wrap: anywhere; }
.panel dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0; }
.panel dt { font-family: var(--st-code-font, ui-monospace, monospace); font-size: 12px; }
.panel dd { margin: 0; color: var(--plane-muted); }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
[hidden] { display: none !important; }
@media (prefers-reduced-motion: no-preference) { .plane button { transition: background 80ms; } }
`;
