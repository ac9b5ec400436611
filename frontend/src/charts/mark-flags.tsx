/** The flags on top of the big chart: what a mark says, on hover and on focus. */

import { Tooltip } from "@mantine/core";
import { type KeyboardEvent, type Ref, useImperativeHandle, useRef, useState } from "react";
import type { Mark } from "../live/run-view";
import styles from "./mark-flags.module.css";
import { describeMark } from "./marks-text";

/** More flags than this can't be told apart; the ledger has them all. */
const MOST_FLAGS = 100;

export interface MarkFlagsHandle {
  /** Moves each flag to its line; one that is out of view disappears. */
  place(leftOf: (mark: Mark) => number | null): void;
}

interface MarkFlagsProps {
  readonly ref: Ref<MarkFlagsHandle>;
  readonly marks: readonly Mark[];
  readonly labels: ReadonlyMap<string, string>;
}

export function MarkFlags({ ref, marks, labels }: MarkFlagsProps) {
  const shown = marks.filter((mark) => mark.kind !== "checkpoint").slice(-MOST_FLAGS);
  const list = useRef<HTMLDivElement>(null);
  // One stop for the tab key; arrow keys go from mark to mark.
  const [current, setCurrent] = useState(0);
  const stop = Math.min(current, shown.length - 1);

  useImperativeHandle(ref, () => ({
    place: (leftOf) => {
      for (const [i, mark] of shown.entries()) {
        const flag = list.current?.children[i];
        if (!(flag instanceof HTMLElement)) continue;
        const left = leftOf(mark);
        flag.hidden = left === null;
        if (left !== null) flag.style.left = `${left}px`;
      }
    },
  }));

  const walk = (event: KeyboardEvent, index: number) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = step === undefined ? undefined : list.current?.children[index + step];
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    setCurrent(index + (step ?? 0));
    next.focus();
  };

  return (
    <div ref={list} className={styles.flags} role="toolbar" aria-label="Marks on the chart">
      {shown.map((mark, i) => {
        const text = describeMark(mark, labels);
        return (
          <Tooltip key={mark.seq} label={text} openDelay={0}>
            <button
              type="button"
              className={styles.flag}
              data-kind={mark.kind}
              aria-label={text}
              tabIndex={i === stop ? 0 : -1}
              hidden
              onFocus={() => setCurrent(i)}
              onKeyDown={(event) => walk(event, i)}
            />
          </Tooltip>
        );
      })}
    </div>
  );
}
