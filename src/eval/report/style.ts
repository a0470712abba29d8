/** The style sheet of a report: system fonts, light and dark, narrow and wide, screen and paper. */
export const style = `
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --card: #ffffff; --ink: #1c1e21; --soft: #5a6069; --rule: #e1e2de; --grid: #eceeea;
  --accent: #1f5fa8; --wash: #eaf1f9; --track: #e6e8ea; --right: #17693a; --right-wash: #e3f2e8;
  --wrong: #a8281d; --wrong-wash: #fbe8e5;
  --hue-0: #1f5fa8; --hue-1: #c2540a; --hue-2: #17743f; --hue-3: #8b3fb0; --hue-4: #8a6d00; --hue-5: #b02a5b;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #14171b; --card: #1b1f24; --ink: #e8eaed; --soft: #a3abb5; --rule: #30363d; --grid: #272c33;
    --accent: #7db4f0; --wash: #1d2b3b; --track: #333a42; --right: #7fd39b; --right-wash: #16301f;
    --wrong: #ff9c8f; --wrong-wash: #3a1c1a;
    --hue-0: #7db4f0; --hue-1: #f2a25c; --hue-2: #6fcb8f; --hue-3: #cf9be8; --hue-4: #dcc04e; --hue-5: #f58bb0;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 3.5rem clamp(1rem, 4vw, 3rem) 5rem; max-width: 76rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1 { margin: 0; font-size: clamp(1.7rem, 4vw, 2.4rem); line-height: 1.15; letter-spacing: -0.02em; font-weight: 700; }
h2 { margin: 0 0 .4rem; font-size: 1.3rem; line-height: 1.3; letter-spacing: -0.01em; font-weight: 650; }
section { margin-top: 3rem; padding-top: 1.6rem; border-top: 1px solid var(--rule); }
section > p { max-width: 46rem; margin: 0 0 1.2rem; color: var(--soft); }
.subtitle { margin: .6rem 0 0; max-width: 46rem; font-size: 1.1rem; color: var(--soft); }
.facts { display: flex; flex-wrap: wrap; gap: 1rem 2.2rem; margin: 1.8rem 0 0; }
.facts dt { font-size: .8rem; color: var(--soft); }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
nav { display: flex; flex-wrap: wrap; gap: .4rem 1.4rem; margin-top: 1.6rem; font-size: .92rem; }
a { color: var(--accent); text-underline-offset: .2em; }
.note { margin: .6rem 0 0; max-width: 46rem; font-size: .86rem; color: var(--soft); }
.number, .top, td, .interval { font-variant-numeric: tabular-nums; }
:focus-visible, input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 2rem; }
.chart { margin: 0; max-width: 36rem; display: flex; flex-direction: column; }
.chart svg[role] { display: block; width: 100%; height: auto; overflow: visible; }
.chart figcaption { flex: 1; margin-bottom: .5rem; font-size: .95rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.1rem; font-size: .86rem; color: var(--soft); }
.legend svg { margin-right: .35rem; }
.chart text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); }
.frame { stroke: var(--soft); opacity: .6; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.dash-1 { stroke-dasharray: 7 4; } .dash-2 { stroke-dasharray: 1 4.5; } .dash-3 { stroke-dasharray: 9 4 1 4; }
.hue-0 { stroke: var(--hue-0); } .hue-1 { stroke: var(--hue-1); } .hue-2 { stroke: var(--hue-2); }
.hue-3 { stroke: var(--hue-3); } .hue-4 { stroke: var(--hue-4); } .hue-5 { stroke: var(--hue-5); }
.reading rect { fill: transparent; }
.reading path { stroke: var(--soft); stroke-dasharray: 2 3; }
.chart circle { fill: var(--card); stroke-width: 2; }
.reading path, .reading circle { opacity: 0; pointer-events: none; }
.reading:hover path, .reading:hover circle { opacity: 1; }
.empty { padding: 4rem 0; text-align: center; color: var(--soft); }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: min(100%, 36rem); }
th, td { padding: .5rem 1.6rem .5rem .6rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th { font-size: .86rem; font-weight: 600; color: var(--soft); vertical-align: bottom; }
th.number, td.number { text-align: right; }
.highlight td { background: var(--wash); font-weight: 650; }
td:has(.score) { padding-right: 2.2rem; }
.score { display: block; }
td .bar { display: block; width: 100%; min-width: 9rem; }
.interval { font-variant-numeric: tabular-nums; }
:focus-visible, input:focus-visible + span { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 2px; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 2rem; }
.chart { margin: 0; max-width: 36rem; display: flex; flex-direction: column; }
.chart svg[role] { display: block; width: 100%; height: auto; overflow: visible; }
.chart figcaption { flex: 1; margin-bottom: .5rem; font-size: .95rem; }
.legend { display: flex; flex-wrap: wrap; gap: 0 1.1rem; font-size: .86rem; color: var(--soft); }
.legend svg { margin-right: .35rem; }
.chart text { font-size: 12px; fill: var(--soft); font-variant-numeric: tabular-nums; }
.grid { stroke: var(--grid); }
.frame { stroke: var(--soft); opacity: .6; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.dash-1 { stroke-dasharray: 7 4; } .dash-2 { stroke-dasharray: 1 4.5; } .dash-3 { stroke-dasharray: 9 4 1 4; }
.hue-0 { stroke: var(--hue-0); } .hue-1 { stroke: var(--hue-1); } .hue-2 { stroke: var(--hue-2); }
.hue-3 { stroke: var(--hue-3); } .hue-4 { stroke: var(--hue-4); } .hue-5 { stroke: var(--hue-5); }
.reading rect { fill: transparent; }
.reading path { stroke: var(--soft); stroke-dasharray: 2 3; }
.chart circle { fill: var(--card); stroke-width: 2; }
.reading path, .reading circle { opacity: 0; pointer-events: none; }
.reading:hover path, .reading:hover circle { opacity: 1; }
.empty { padding: 4rem 0; text-align: center; color: var(--soft); }

.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: min(100%, 36rem); }
th, td { padding: .5rem 1.6rem .5rem .6rem; text-align: left; white-space: nowrap; border-bottom: 1px solid var(--rule); }
th { font-size: .86rem; font-weight: 600; color: var(--soft); vertical-align: bottom; }
th.number, td.number { text-align: right; }
.highlight td { background: var(--wash); font-weight: 650; }
td:has(.score) { padding-right: 2.2rem; }
.score { display: inline-flex; align-items: center; gap: .8rem; }
.score b { font-weight: inherit; }
.interval { color: var(--soft); font-size: .86rem; font-weight: 400; }
.bar .track { fill: var(--track); } .bar .fill { fill: var(--accent); opacity: .75; }
.bar .whisker { stroke: var(--ink); stroke-width: 2; }
.bar .baseline { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 2 2; }

.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 31rem), 1fr)); gap: 1.2rem; }
.explanations { display: grid; gap: 1.2rem; }
.example {
  position: relative; display: grid; grid-template-columns: var(--width) minmax(0, 1fr); gap: 1.2rem; padding: 1rem;
  background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; break-inside: avoid;
}
img { display: block; border-radius: .3rem; }
.crisp { image-rendering: pixelated; }
.words { margin: 0; padding: 0; border: 0; line-height: 1.9; }
.words legend { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.question { margin: 0; font-weight: 600; }
.word { display: inline-block; margin-right: .28em; cursor: pointer; font-weight: 600; }
.word input { appearance: none; width: 0; height: 0; margin: 0; }
.word span { padding: .1em .12em; border-radius: .2em; text-decoration: underline dotted var(--soft) 2px; text-underline-offset: .3em; }
.joined { margin-left: -.28em; }
.none { display: block; width: max-content; font-weight: 400; font-size: .84rem; color: var(--soft); }
.word:hover span { background: var(--wash); text-decoration: underline solid var(--accent) 2px; }
.word:not(.none) input:checked + span { background: var(--wash); text-decoration: underline solid var(--accent) 2px; }
.heat {
  position: absolute; left: 1rem; top: 1rem; width: var(--width); height: var(--height); opacity: 0; pointer-events: none;
}
.word input:checked ~ .heat { opacity: 1; }
.words:has(.word:hover) .heat { opacity: 0; }
.words .word:hover .heat { opacity: 1; }
.verdict { margin: .5rem 0 .7rem; }
.mark { display: inline-block; padding: 0 .5em; border-radius: 1em; font-size: .84rem; font-weight: 600; white-space: nowrap; }
.mark.right { color: var(--right); background: var(--right-wash); } .mark.wrong { color: var(--wrong); background: var(--wrong-wash); }
.top {
  display: grid; grid-template-columns: fit-content(45%) minmax(2rem, 1fr) max-content; column-gap: .8rem;
  margin: 0; padding: 0; list-style: none; font-size: .88rem; overflow-wrap: anywhere;
}
.top li { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; }
.top .bar { width: 100%; }
.top .number { text-align: right; }
.tick { color: var(--right); font-weight: 700; }

.sample { padding: 1rem; background: var(--card); border: 1px solid var(--rule); border-radius: .6rem; break-inside: avoid; overflow-wrap: anywhere; }
.sample h3 { margin: 0 0 .7rem; font-size: .9rem; font-weight: 600; color: var(--soft); }
.sample dl { margin: .8rem 0 0; font-size: .92rem; }
.sample dt { margin-top: .4rem; font-size: .8rem; color: var(--soft); }
.sample dd { margin: 0; white-space: pre-wrap; }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; }
.pictures figure { position: relative; margin: 0; max-width: 100%; }
.pictures svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
.pictures rect { fill: none; stroke: #ffd400; stroke-width: 2; vector-effect: non-scaling-stroke; }
.pictures .target rect { stroke: #00e07a; stroke-width: 3; }
.pictures text { fill: #fff; stroke: #000; stroke-width: 3px; paint-order: stroke; vector-effect: non-scaling-stroke; }

.queries { display: grid; gap: 1.2rem; }
.query { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 1.4rem; align-items: start; break-inside: avoid; }
.asked .text { margin: 0; font-weight: 600; }
.query ol { display: flex; flex-wrap: wrap; gap: .8rem; margin: 0; padding: 0; list-style: none; }
.query li { padding: .45rem; background: var(--card); border: 1px solid var(--rule); border-radius: .5rem; font-size: .86rem; max-width: 18rem; }
.query li.right { border: 2px solid var(--right); padding: calc(.45rem - 1px); }
.query li p { margin: .35rem 0 0; }
pre {
  margin: 0; padding: 1rem 1.2rem; overflow-x: auto; background: var(--card); border: 1px solid var(--rule);
  border-radius: .5rem; font: .88rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; user-select: all;
}
@media (max-width: 34rem) {
  .example, .query { grid-template-columns: minmax(0, 1fr); }
  th, td { padding-right: .9rem; }
}
@media print {
  body { max-width: none; padding: 0; font-size: .8rem; background: none; }
  nav, .reading, .none { display: none; }
  h2, section > p { break-after: avoid; }
  .chart, tr { break-inside: avoid; }
  .scroll { overflow: visible; }
  th, td, td:has(.score) { padding: .3rem .6rem; }
  td .bar { min-width: 5rem; }
  .word input:not(:checked) + span { text-decoration: none; }
  pre { white-space: pre-wrap; }
  * { print-color-adjust: exact; }
}
`;
