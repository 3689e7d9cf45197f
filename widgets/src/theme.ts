// Style of all widgets. Colours come from the host (JupyterLab, VS Code, marimo) and fall back to those of the system.
export const STYLE = `
.rt { --rt-paper: var(--jp-layout-color0, var(--vscode-editor-background, var(--rt-host-paper, Canvas)));
  --rt-ink: var(--jp-content-font-color1, var(--vscode-editor-foreground, var(--rt-host-ink, CanvasText)));
  --rt-line: color-mix(in srgb, var(--rt-ink) 28%, var(--rt-paper)); --rt-soft: color-mix(in srgb, var(--rt-ink) 78%, var(--rt-paper));
  --rt-fill: color-mix(in srgb, var(--rt-ink) 7%, var(--rt-paper)); --rt-mark: #0072B2;
  font: 13px/1.4 system-ui, sans-serif; color: var(--rt-ink); background: var(--rt-paper); padding: 8px; text-align: left; container-type: inline-size; }
.rt *, .rt *::before { box-sizing: border-box; }
.rt h3 { font-size: 13px; font-weight: 650; margin: 0 0 4px; color: var(--rt-ink); } .rt p { margin: 2px 0; overflow-wrap: anywhere; }
.rt .rt-head { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; margin-bottom: 6px; } .rt .rt-soft { color: var(--rt-soft); }
.rt .rt-banner { border: 2px solid #D55E00; padding: 3px 8px; font-weight: 600; margin: 4px 0; }
.rt .rt-grid { display: grid; grid-template-columns: minmax(0, 1.1fr) minmax(0, 1fr); gap: 10px 16px; align-items: start; }
.rt .rt-desk { grid-template-columns: minmax(0, 1.7fr) minmax(0, 1fr); }
@container (max-width: 700px) { .rt .rt-grid { grid-template-columns: minmax(0, 1fr); } }
.rt .rt-bar { display: flex; flex-wrap: wrap; gap: 4px 8px; align-items: center; margin-bottom: 4px; }
.rt button, .rt select, .rt input[type=text], .rt input[type=number], .rt textarea { font: inherit; color: var(--rt-ink); background: var(--rt-paper); border: 1px solid var(--rt-line); border-radius: 4px; padding: 2px 7px; min-height: 26px; max-width: 100%; }
.rt .rt-bar .rt-bar { margin: 0; } .rt .rt-bar select { max-width: 15em; }
.rt button { cursor: pointer; } .rt button:hover { background: var(--rt-fill); } .rt button[aria-pressed=true], .rt button[aria-selected=true] { border-color: var(--rt-mark); box-shadow: inset 0 -2px 0 var(--rt-mark); font-weight: 600; }
.rt button:disabled { opacity: .55; cursor: default; }
.rt :focus-visible { outline: 2px solid #56B4E9; outline-offset: 1px; }
.rt canvas { display: block; width: 100%; touch-action: none; border: 1px solid var(--rt-line); cursor: crosshair; }
.rt .rt-over { position: relative; } .rt .rt-over svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.rt .rt-legend { display: flex; flex-wrap: wrap; gap: 2px 6px; margin: 6px 0 0; padding: 0; list-style: none; } .rt .rt-legend li { display: flex; align-items: center; gap: 2px; margin: 0; }
.rt .rt-chip { width: 12px; height: 12px; border-radius: 3px; display: inline-block; border: 1px solid var(--rt-line); flex: none; margin-right: 4px; }
.rt .rt-legend button { display: inline-flex; align-items: center; max-width: 26em; white-space: nowrap; } .rt .rt-cut { overflow: hidden; text-overflow: ellipsis; margin-right: 4px; } .rt .rt-legend button[aria-pressed=false] .rt-chip { background: transparent !important; } .rt .rt-legend button[aria-pressed=false] { color: var(--rt-soft); text-decoration: line-through; }
.rt .rt-cuts { display: grid; grid-template-columns: repeat(auto-fill, minmax(200px, 1fr)); gap: 6px 14px; margin: 4px 0; } .rt .rt-cuts > div { min-width: 0; display: flex; flex-direction: column; justify-content: flex-end; }
.rt .rt-thr { display: grid; grid-template-columns: minmax(0, 1fr) 5.2em 2.2em; gap: 0 6px; align-items: center; } .rt .rt-cuts label { color: var(--rt-soft); font-size: 12px; line-height: 1.25; overflow-wrap: anywhere; } .rt .rt-cuts label b { color: var(--rt-ink); }
.rt .rt-thr input[type=range] { width: 100%; margin: 2px 0; accent-color: var(--rt-mark); }
.rt svg text { fill: var(--rt-ink); font: 11px system-ui, sans-serif; } .rt svg .rt-soft { fill: var(--rt-soft); }
.rt .rt-scroll { overflow: auto; max-height: 300px; } .rt table { border-collapse: collapse; width: 100%; font-size: 12px; background: var(--rt-paper); color: var(--rt-ink); margin: 0; } .rt caption { text-align: left; color: var(--rt-soft); padding: 2px 0; }
.rt th, .rt td { text-align: left; padding: 1px 6px; border-bottom: 1px solid var(--rt-line); overflow-wrap: anywhere; background: var(--rt-paper); color: var(--rt-ink); } .rt .rt-n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.rt th { overflow-wrap: normal; } .rt .rt-fit { white-space: nowrap; }
.rt .rt-mark td { font-weight: 650; } .rt .rt-mark td:first-child { box-shadow: inset 3px 0 0 var(--rt-mark); }
.rt .rt-alert { border: 1px solid #D55E00; padding: 3px 8px; margin: 4px 0; } .rt .rt-alert:empty { display: none; }
.rt section { border-top: 1px solid var(--rt-line); margin-top: 6px; padding: 6px 0 2px; min-width: 0; } .rt .rt-pair { cursor: pointer; }
.rt [aria-busy=true] { opacity: .45; }
.rt progress { width: 100%; height: 14px; accent-color: var(--rt-mark); }
.rt .rt-hide { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.rt .rt-sheet { max-height: 480px; } .rt .rt-sheet td, .rt .rt-sheet th { padding: 1px 2px; } .rt .rt-sheet :is(input, select) { padding: 2px; } .rt .rt-sheet thead { position: sticky; top: 0; z-index: 1; } .rt [aria-invalid] { border-color: #D55E00; } .rt textarea, .rt .rt-cuts label :is(input, select) { width: 100%; }
@media (prefers-reduced-motion: reduce) { .rt * { transition: none !important; } }
`;
