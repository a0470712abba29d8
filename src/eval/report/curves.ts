import { type Axis, linearAxis, logAxis } from "./axis.ts";
import { html, type Markup } from "./html.ts";
import { showNumber } from "./numbers.ts";

/** One line of a chart. */
export interface Series {
  readonly name: string;
  /** In ascending x. */
  readonly points: readonly Point[];
}

/** Values against steps, samples or seconds. */
export interface Chart {
  readonly series: readonly Series[];
  readonly xLabel: string;
  readonly yLabel: string;
  /** Logarithmic y axis; values at or below 0 are left out and counted below the chart. */
  readonly logY?: boolean;
}

type Point = readonly [x: number, y: number];

/** Runs of neighbours that can be drawn: what cannot (not finite, or not positive on a log axis) breaks the line. */
interface Line {
  readonly name: string;
  readonly runs: readonly (readonly Point[])[];
}

const width = 440;
const height = 260;
const plot = { left: 48, right: width - 10, top: 10, bottom: height - 40 };

/** Charts side by side. */
export function curves(charts: readonly Chart[]): Markup {
  return html`<div class="charts">${charts.map(chart)}</div>`;
}

function chart(chart: Chart): Markup {
  const lines = chart.series.map((series) => lineOf(series, chart.logY === true));
  const drawn = lines.flatMap(({ runs }) => runs.flat());
  const total = chart.series.reduce((sum, { points }) => sum + points.length, 0);
  const missing = total - drawn.length;
  const reason = chart.logY ? "not positive and finite" : "not finite";
  return html`<figure class="chart">
<figcaption><strong>${chart.yLabel}</strong>${chart.logY ? " (log scale)" : ""}
<span class="legend">${lines.map(legendEntry)}</span></figcaption>
${drawn.length === 0 ? html`<p class="empty">No values to draw.</p>` : drawing(chart, lines, drawn)}
${missing === 0 ? [] : html`<p class="note">${missing} of ${total} values are ${reason} and not drawn.</p>`}
</figure>`;
}

function lineOf({ name, points }: Series, logY: boolean): Line {
  const runs: Point[][] = [[]];
  for (const point of points) {
    const [x, y] = point;
    if (Number.isFinite(x) && Number.isFinite(y) && (!logY || y > 0)) runs.at(-1)!.push(point);
    else runs.push([]);
  }
  return { name, runs: runs.filter(({ length }) => length > 0) };
}

/** Colour and dashes both tell the lines apart. */
const style = (index: number) => `line hue-${index % 6} dash-${index % 4}`;

function legendEntry({ name }: Line, index: number): Markup {
  return html`<span><svg width="26" height="10" aria-hidden="true"><path class="${style(index)}" d="M1 5H25"/></svg>${name}</span>`;
}

function drawing(chart: Chart, lines: readonly Line[], drawn: readonly Point[]): Markup {
  const ys = drawn.map(([, y]) => y);
  const xAxis = linearAxis(
    drawn.map(([x]) => x),
    false,
  );
  const yAxis = chart.logY ? logAxis(ys) : linearAxis(ys, true);
  const place: Place = (x, y) => [
    plot.left + xAxis.place(x) * (plot.right - plot.left),
    plot.bottom - yAxis.place(y) * (plot.bottom - plot.top),
  ];
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${describe(chart, lines)}">
${yAxis.ticks.map((tick) => yTick(tick, plot.bottom - yAxis.place(tick.at) * (plot.bottom - plot.top)))}
${xAxis.ticks.map((tick) => xTick(tick, plot.left + xAxis.place(tick.at) * (plot.right - plot.left)))}
<path class="frame" d="M${plot.left} ${plot.bottom}H${plot.right}"/>
<text class="label" x="${(plot.left + plot.right) / 2}" y="${height - 6}" text-anchor="middle">${chart.xLabel}</text>
${lines.map((line, index) => path(line, index, place))}
${readings(chart, lines, place)}
</svg>`;
}

type Place = (x: number, y: number) => Placed;
type Tick = Axis["ticks"][number];

function yTick({ label }: Tick, y: number): Markup {
  return html`<path class="grid" d="M${plot.left} ${show(y)}H${plot.right}"/><text x="${plot.left - 7}" y="${show(y + 4)}" text-anchor="end">${label}</text>`;
}

function xTick({ label }: Tick, x: number): Markup {
  return html`<path class="frame" d="M${show(x)} ${plot.bottom}v4"/><text x="${show(x)}" y="${plot.bottom + 17}" text-anchor="middle">${label}</text>`;
}

/** The line, and a dot for every point that has no neighbour. */
function path({ runs }: Line, index: number, place: Place): Markup {
  const placed = runs.map((run) => outline(run.map(([x, y]) => place(x, y))));
  const steps = placed.map((run) => `M${run.map(([x, y]) => `${show(x)} ${show(y)}`).join("L")}`);
  const isolated = placed.filter(({ length }) => length === 1).flat();
  return html`<path class="${style(index)}" d="${steps.join("")}"/>${isolated.map((point) => dot(point, index))}`;
}

type Placed = readonly [x: number, y: number];

/** Of more points than the eye can part, the first, lowest, highest and last of every half unit: the same picture. */
function outline(placed: readonly Placed[]): readonly Placed[] {
  if (placed.length <= 4 * width) return placed;
  const columns: Placed[][] = [];
  for (const point of placed) {
    const column = columns.at(-1);
    if (column !== undefined && Math.round(2 * column[0]![0]) === Math.round(2 * point[0]))
      column.push(point);
    else columns.push([point]);
  }
  return columns.flatMap((column) => {
    const low = column.reduce((a, b) => (b[1] > a[1] ? b : a)); // y grows downwards
    const high = column.reduce((a, b) => (b[1] < a[1] ? b : a));
    return column.filter((point, i) => i === 0 || point === low || point === high || i === column.length - 1);
  });
}

const mostReadings = 48;

/** Upright bands that show the values under the pointer. */
function readings(chart: Chart, lines: readonly Line[], place: Place): Markup[] {
  const stops = stopsOf(lines);
  const middles = stops.slice(1).map((stop, i) => (stops[i]! + stop) / 2);
  const nearest = lines.map((line) => nearestTo(stops, middles, line));
  return stops.map((stop, i) => {
    const [at] = place(stop, 1);
    const low = i === 0 ? plot.left : place(middles[i - 1]!, 1)[0];
    const high = i === middles.length ? plot.right : place(middles[i]!, 1)[0];
    const values = nearest.flatMap((points, index) => {
      const point = points[i];
      return point === undefined ? [] : [{ index, point, name: lines[index]!.name }];
    });
    const title = [
      `${chart.xLabel} ${showNumber(stop)}`,
      ...values.map(({ name, point }) => `${name} ${showNumber(point[1])}`),
    ].join("\n");
    return html`<g class="reading"><title>${title}</title><rect x="${show(low)}" y="${plot.top}" width="${show(high - low)}" height="${plot.bottom - plot.top}"/><path d="M${show(at)} ${plot.top}V${plot.bottom}"/>${values.map(({ index, point }) => dot(place(...point), index))}</g>`;
  });
}

/** Up to 48 of the x values there are, evenly spread. */
function stopsOf(lines: readonly Line[]): number[] {
  const xs = [...new Set(lines.flatMap(({ runs }) => runs.flat().map(([x]) => x)))].sort((a, b) => a - b);
  const count = Math.min(mostReadings, xs.length);
  return Array.from(
    { length: count },
    (_, i) => xs[Math.round((i * (xs.length - 1)) / Math.max(1, count - 1))]!,
  );
}

/** For every stop the point of the line that is nearest to it, if the stop is also the nearest to the point. */
function nearestTo(
  stops: readonly number[],
  middles: readonly number[],
  { runs }: Line,
): (Point | undefined)[] {
  const nearest: (Point | undefined)[] = stops.map(() => undefined);
  let stop = 0;
  for (const point of runs.flat()) {
    while (stop < middles.length && point[0] > middles[stop]!) stop++;
    const other = nearest[stop];
    const distance = (x: number) => Math.abs(x - stops[stop]!);
    if (other === undefined || distance(point[0]) < distance(other[0])) nearest[stop] = point;
  }
  return nearest;
}

function dot([x, y]: Placed, index: number): Markup {
  return html`<circle class="hue-${index % 6}" cx="${show(x)}" cy="${show(y)}" r="3.5"/>`;
}

/** What a screen reader says instead of the picture. */
function describe(chart: Chart, lines: readonly Line[]): string {
  const ends = lines.map(({ name, runs }) => {
    const points = runs.flat();
    if (points.length === 0) return `${name} has no values`;
    const [first, last] = [points[0]!, points.at(-1)!];
    return `${name} goes from ${showNumber(first[1])} at ${showNumber(first[0])} to ${showNumber(last[1])} at ${showNumber(last[0])}`;
  });
  return `${chart.yLabel} against ${chart.xLabel}: ${ends.join("; ")}`;
}

/** A tenth of a unit is finer than a pixel. */
function show(coordinate: number): number {
  return Number(coordinate.toFixed(1));
}
