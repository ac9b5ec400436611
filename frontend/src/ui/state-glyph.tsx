/** A run's state as a shape and a colour, so that neither has to carry it alone. */

import type { ReactNode } from "react";
import type { RunState } from "../api/types";

interface Appearance {
  readonly word: string;
  readonly colour: string;
  readonly shape: ReactNode;
}

const ring = <circle cx="6" cy="6" r="4.2" fill="none" strokeWidth="1.5" />;

const APPEARANCES: Readonly<Record<RunState, Appearance>> = {
  created: { word: "not started", colour: "var(--ink-3)", shape: ring },
  queued: {
    word: "queued",
    colour: "var(--ink-3)",
    shape: <circle cx="6" cy="6" r="4.2" fill="none" strokeWidth="1.5" strokeDasharray="2 1.8" />,
  },
  starting: {
    word: "starting",
    colour: "var(--good)",
    shape: (
      <>
        {ring}
        <path d="M6 1.8a4.2 4.2 0 0 1 0 8.4z" stroke="none" />
      </>
    ),
  },
  running: {
    word: "running",
    colour: "var(--good)",
    shape: <path d="M2.8 1.4v9.2L10.6 6z" strokeWidth="1" />,
  },
  paused: {
    word: "paused",
    colour: "var(--warn)",
    shape: <path d="M2.4 1.6h2.5v8.8H2.4zM7.1 1.6h2.5v8.8H7.1z" stroke="none" />,
  },
  stopping: {
    word: "stopping",
    colour: "var(--warn)",
    shape: (
      <>
        <path d="M2 2h8v8H2z" fill="none" strokeWidth="1.5" />
        <path d="M2 6h8v4H2z" stroke="none" />
      </>
    ),
  },
  finished: {
    word: "finished",
    colour: "var(--good)",
    shape: <path d="m1.8 6.3 2.8 2.9 5.6-6.6" fill="none" strokeWidth="2" />,
  },
  stopped: {
    word: "stopped",
    colour: "var(--ink-3)",
    shape: <path d="M2.2 2.2h7.6v7.6H2.2z" stroke="none" />,
  },
  aborted: {
    word: "aborted",
    colour: "var(--ink-3)",
    shape: <path d="m2.4 2.4 7.2 7.2m0-7.2L2.4 9.6" fill="none" strokeWidth="2" />,
  },
  failed: {
    word: "failed",
    colour: "var(--bad)",
    shape: <path d="M6 1.2 11 10.6H1zM6 4.6v2.6M6 8.9v.1" strokeWidth="1.4" />,
  },
  interrupted: {
    word: "interrupted",
    colour: "var(--warn)",
    shape: <path d="M7 .8 2.6 6.8h3L4.8 11.2 9.4 5H6.3z" strokeWidth="0.6" />,
  },
};

export function stateWord(state: RunState): string {
  return APPEARANCES[state].word;
}

export function stateColour(state: RunState): string {
  return APPEARANCES[state].colour;
}

/** Shape only; the word must stand beside it, or be given to screen readers by the caller. */
export function StateGlyph({ state, size = 11 }: { state: RunState; size?: number }) {
  const { colour, shape } = APPEARANCES[state];
  const isFailure = state === "failed";
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 12 12"
      fill={isFailure ? "none" : colour}
      stroke={colour}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: "none" }}
    >
      {shape}
    </svg>
  );
}
