/** One line that says how far long work is: redrawn in place on a terminal, printed now and then elsewhere. */

/** What the line counts; rates and the time left are per second of this process. */
export interface ProgressOptions {
  /** What is counted or done: "step", "prepare coco". */
  readonly label: string;
  readonly total: number;
  /** Items that `done` counts, shown as a rate ("images"); leave out where the fields carry a rate. */
  readonly unit?: string;
  /** Items done before this process began, so that a resumed run tells its own speed. */
  readonly from?: number;
}

/** A running line; call `finish` also when the work fails, so that the next output starts a line of its own. */
export interface Progress {
  /** Cheap enough for every step. A field ending in "/s" is shown as a rate. */
  update(done: number, fields?: Readonly<Record<string, number | string>>): void;
  /** Shows the last state and ends the line. */
  finish(): void;
}

/** Where lines go, and the time in milliseconds. */
export interface ProgressOutput {
  readonly isTerminal: boolean;
  /** Width in characters; a longer line would wrap and could not be redrawn. */
  columns(): number;
  write(text: string): void;
  now(): number;
}

const standardError: ProgressOutput = {
  isTerminal: process.stderr.isTTY === true,
  columns: () => process.stderr.columns || 80,
  write: (text) => void process.stderr.write(text),
  now: () => performance.now(),
};

const redrawMilliseconds = 100;
const printMilliseconds = 10_000;
/** The speed shown is that of about the last half minute: compilation at the start does not spoil it for long. */
const windowMilliseconds = 30_000;

/** Starts a line on standard error; the clock runs from here. */
export function progress(options: ProgressOptions, output: ProgressOutput = standardError): Progress {
  const { label, total, unit, from = 0 } = options;
  const interval = output.isTerminal ? redrawMilliseconds : printMilliseconds;
  const began = output.now();
  let past = [{ time: began, done: from }];
  let shownAt = output.isTerminal ? Number.NEGATIVE_INFINITY : began;
  let done = from;
  let fields: Readonly<Record<string, number | string>> = {};

  const draw = (time: number, end?: string) => {
    const { time: since, done: doneThen } = past[0]!;
    const rate = time > since ? ((done - doneThen) / (time - since)) * 1000 : 0;
    const parts = [`${label} ${done}/${total}`, ...Object.entries(fields).map(showField)];
    if (unit !== undefined && rate > 0) parts.push(`${showNumber(rate)} ${unit}/s`);
    if (end !== undefined) parts.push(end);
    else if (rate > 0) parts.push(`${showDuration((total - done) / rate)} left`);
    const line = parts.join("  ");
    output.write(output.isTerminal ? `\r${line.slice(0, output.columns() - 1)}\x1b[K` : `${line}\n`);
    shownAt = time;
  };
  return {
    update: (doneNow, fieldsNow = {}) => {
      const time = output.now();
      done = doneNow;
      fields = fieldsNow;
      if (time - shownAt < interval) return;
      draw(time);
      past = [...past, { time, done }];
      while (past.length > 2 && time - past[0]!.time > windowMilliseconds) past.shift();
    },
    finish: () => {
      const time = output.now();
      past = [{ time: began, done: from }];
      draw(time, `in ${showDuration((time - began) / 1000)}`);
      if (output.isTerminal) output.write("\n");
    },
  };
}

function showField([name, value]: [string, number | string]): string {
  const text = typeof value === "number" ? showNumber(value) : value;
  return name.endsWith("/s") ? `${text} ${name}` : `${name} ${text}`;
}

/** Three significant digits: 2.31, 412, 1.2e-4. */
function showNumber(value: number): string {
  if (Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return value.toFixed(0);
  if (magnitude >= 0.01) return value.toPrecision(3);
  return value.toExponential(2).replace(/\.?0+e/, "e");
}

/** "3m12s", "2h05m", "0.8s" from seconds. */
function showDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  const two = (n: number) => String(n).padStart(2, "0");
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${two(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h${two(Math.floor(whole / 60) % 60)}m`;
}
