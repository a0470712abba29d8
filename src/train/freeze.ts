/** What does not learn, and until when. */
import type { TrainConfig } from "./config.ts";

type Freeze = TrainConfig["freeze"];

/** Whether `path` is `name` or a module above it. */
export function isUnder(name: string, path: string): boolean {
  return name === path || name.startsWith(`${path}.`);
}

/** The first step (from 0) that a parameter learns in: 0 where nothing freezes it, Infinity where it never learns. */
export function learnsFrom(name: string, freeze: Freeze): number {
  const ends = entries(freeze).flatMap(({ path, until }) => (isUnder(name, path) ? until : []));
  return Math.max(0, ...ends);
}

/** Paths of what is frozen in step `step`; Infinity asks for what never learns. */
export function frozenAt(freeze: Freeze, step: number): string[] {
  return entries(freeze).flatMap(({ path, until }) => (until > step || until === Infinity ? path : []));
}

/** Paths that are no longer frozen from step `step` on, but were in the step before. */
export function thawedAt(freeze: Freeze, step: number): string[] {
  return entries(freeze).flatMap(({ path, until }) => (until === step && until !== Infinity ? path : []));
}

function entries(freeze: Freeze): { readonly path: string; readonly until: number }[] {
  return freeze.map((entry) => (typeof entry === "string" ? { path: entry, until: Infinity } : entry));
}
