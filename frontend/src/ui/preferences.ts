/**
 * What a person has chosen for this browser: one versioned entry of its storage. What is unknown or
 * broken there counts as not chosen; where nothing can be stored, it lasts as long as the tab.
 */

import { useSyncExternalStore } from "react";
import type { SeriesAxis } from "../api/types";
import { TIME_UNITS, type TimeUnit } from "../format/durations";
import { MOST_SMOOTHING } from "../live/ema";

export const APPEARANCES = ["auto", "light", "dark"] as const;
export type Appearance = (typeof APPEARANCES)[number];
export const MOTIONS = ["system", "reduced"] as const;
export type Motion = (typeof MOTIONS)[number];
export const DENSITIES = ["comfortable", "compact"] as const;
/** How much room charts take. */
export type Density = (typeof DENSITIES)[number];
const PREFERRED_AXES: readonly SeriesAxis[] = ["env_step", "seconds", "episode", "update"];

export interface Preferences {
  readonly appearance: Appearance;
  readonly motion: Motion;
  /** Single keys do something. */
  readonly shortcuts: boolean;
  /** Of views that are opened anew. */
  readonly axis: SeriesAxis;
  readonly runSmoothing: number;
  readonly comparisonSmoothing: number;
  readonly timeUnit: TimeUnit;
  readonly density: Density;
  /** Tell when a run ends. */
  readonly tellEnd: boolean;
  /** Tell of critical alerts. */
  readonly tellAlert: boolean;
  readonly sound: boolean;
}

export const DEFAULT_PREFERENCES: Preferences = {
  appearance: "auto",
  motion: "system",
  shortcuts: true,
  axis: "env_step",
  runSmoothing: 0.6,
  comparisonSmoothing: 0.95,
  timeUnit: "auto",
  density: "comfortable",
  tellEnd: false,
  tellAlert: false,
  sound: false,
};

export const PREFERENCES_KEY = "matinee.preferences";
const VERSION = 1;
/** Where two of them were kept before there was one entry. */
const OLD_SHORTCUTS_KEY = "matinee.shortcuts";
const OLD_APPEARANCE_KEY = "mantine-color-scheme-value";

/** What of a stored text makes sense; the rest has its default. */
export function parsePreferences(text: string | null): Preferences {
  const values = storedValues(text);
  const flag = (name: keyof Preferences) =>
    typeof values[name] === "boolean" ? values[name] : DEFAULT_PREFERENCES[name];
  const smoothing = (name: "runSmoothing" | "comparisonSmoothing") => {
    const value = values[name];
    const isGood = typeof value === "number" && value >= 0 && value <= MOST_SMOOTHING;
    return isGood ? value : DEFAULT_PREFERENCES[name];
  };
  const one = <Choice extends string>(choices: readonly Choice[], name: keyof Preferences) =>
    choices.find((each) => each === values[name]) ?? (DEFAULT_PREFERENCES[name] as Choice);
  return {
    appearance: one(APPEARANCES, "appearance"),
    motion: one(MOTIONS, "motion"),
    shortcuts: flag("shortcuts") === true,
    axis: one(PREFERRED_AXES, "axis"),
    runSmoothing: smoothing("runSmoothing"),
    comparisonSmoothing: smoothing("comparisonSmoothing"),
    timeUnit: one(TIME_UNITS, "timeUnit"),
    density: one(DENSITIES, "density"),
    tellEnd: flag("tellEnd") === true,
    tellAlert: flag("tellAlert") === true,
    sound: flag("sound") === true,
  };
}

export function writtenPreferences(values: Preferences): string {
  return JSON.stringify({ version: VERSION, values });
}

function storedValues(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const content: unknown = JSON.parse(text ?? "null");
    if (!isRecord(content) || content.version !== VERSION || !isRecord(content.values)) return {};
    return content.values;
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const listeners = new Set<() => void>();
let current: Preferences | null = null;

export function preferences(): Preferences {
  current ??= load();
  return current;
}

/** At once, for everything on the page, and for other tabs. */
export function setPreferences(parts: Partial<Preferences>): void {
  current = { ...preferences(), ...parts };
  try {
    window.localStorage.setItem(PREFERENCES_KEY, writtenPreferences(current));
  } catch {
    // A full or forbidden storage: they last as long as the tab.
  }
  for (const listener of listeners) listener();
}

export function onPreferences(listener: () => void): () => void {
  if (listeners.size === 0) window.addEventListener("storage", takeFromOtherTab);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) window.removeEventListener("storage", takeFromOtherTab);
  };
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(onPreferences, preferences);
}

/** What durations of training are told in: with it, everything that tells one is drawn anew. */
export function useTimeUnit(): TimeUnit {
  return useSyncExternalStore(onPreferences, timeUnit);
}

/** The same, for what is not drawn: texts of one moment. */
export function timeUnit(): TimeUnit {
  return preferences().timeUnit;
}

function takeFromOtherTab({ key, newValue }: StorageEvent): void {
  if (key !== null && key !== PREFERENCES_KEY) return;
  current = parsePreferences(newValue);
  for (const listener of listeners) listener();
}

function load(): Preferences {
  const text = stored(PREFERENCES_KEY);
  const values = parsePreferences(text);
  if (text !== null) return values;
  const appearance = APPEARANCES.find((each) => each === stored(OLD_APPEARANCE_KEY));
  return {
    ...values,
    shortcuts: stored(OLD_SHORTCUTS_KEY) !== "off",
    ...(appearance === undefined ? {} : { appearance }),
  };
}

function stored(key: string): string | null {
  try {
    return globalThis.localStorage?.getItem(key) ?? null;
  } catch {
    return null;
  }
}
