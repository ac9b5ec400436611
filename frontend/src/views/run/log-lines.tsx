/** The lines of a log: only those in sight are drawn, and nothing moves under a reader's eyes. */

import { Button } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { memo, type UIEvent, useCallback, useLayoutEffect, useMemo, useRef, useState } from "react";
import { formatExactCount } from "../../format/numbers";
import type { LogEntry } from "../../live/log-entries";
import styles from "./log.module.css";
import { highlighted, type LogRow, logRows, placeOf, rowsInSight } from "./log-rows";

const ROW_PX = 20;
/** Beside the text, where there is room for time and env step. */
const GUTTER_PX = 156;
const PADDING_PX = 40;
/** Narrower than this, time and step stand above the text. */
const NARROW_PX = 620;
/** So near to the end counts as at the end. */
const END_PX = 8;
const SAMPLE = "0".repeat(20);

interface LogLinesProps {
  readonly entries: readonly LogEntry[];
  /** To be marked. */
  readonly words: string;
  readonly isFollowed: boolean;
  readonly onFollow: (isFollowed: boolean) => void;
  /** Null: the first line is here. */
  readonly onEarlier: (() => void) | null;
}

export function LogLines(props: LogLinesProps) {
  const { entries, words, isFollowed, onFollow, onEarlier } = props;
  const view = useRef<HTMLDivElement>(null);
  const { ref: frame, width } = useElementSize<HTMLDivElement>();
  const { ref: sample, width: sampleWidth } = useElementSize<HTMLSpanElement>();
  const [sight, setSight] = useState({ top: 0, height: 0 });
  /** Where the reader is: by what stands there, as rows come and go above it. */
  const anchor = useRef<{ readonly key: string; readonly offset: number } | null>(null);
  const isNarrow = width < NARROW_PX;
  const columns = useMemo(() => {
    const character = sampleWidth / SAMPLE.length || 7;
    return Math.floor((width - PADDING_PX - (isNarrow ? 0 : GUTTER_PX)) / character);
  }, [width, sampleWidth, isNarrow]);
  const rows = useMemo(
    () => logRows(entries, columns, { withHeads: isNarrow }),
    [entries, columns, isNarrow],
  );
  const seen = useRef(0);

  const remember = useCallback((element: HTMLDivElement, all: readonly LogRow[]) => {
    const { scrollTop, clientHeight } = element;
    const row = all[Math.floor(scrollTop / ROW_PX)];
    anchor.current = row === undefined ? null : { key: row.key, offset: scrollTop % ROW_PX };
    setSight({ top: scrollTop, height: clientHeight });
  }, []);

  // Before it is painted: a follower sees the end, anybody else the same lines as before.
  useLayoutEffect(() => {
    const element = view.current;
    if (element === null) return;
    if (isFollowed) {
      element.scrollTop = element.scrollHeight;
      seen.current = entries.length;
    } else if (anchor.current !== null) {
      const { key, offset } = anchor.current;
      const index = rows.findIndex((row) => row.key === key);
      if (index !== -1) element.scrollTop = index * ROW_PX + offset;
    }
    remember(element, rows);
  }, [rows, entries.length, isFollowed, remember]);

  const scroll = ({ currentTarget: element }: UIEvent<HTMLDivElement>) => {
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight <= END_PX;
    if (isAtEnd !== isFollowed) onFollow(isAtEnd);
    remember(element, rows);
  };
  const { first, end } = rowsInSight(rows.length, { ...sight, rowHeight: ROW_PX });
  const news = entries.length - seen.current;
  return (
    <div ref={frame} className={styles.frame} data-narrow={isNarrow || undefined}>
      <span ref={sample} className={styles.sample} aria-hidden="true">
        {SAMPLE}
      </span>
      {onEarlier !== null && (
        <Button
          size="compact-xs"
          variant="subtle"
          onClick={() => {
            onFollow(false);
            onEarlier();
          }}
        >
          Earlier lines
        </Button>
      )}
      <div
        ref={view}
        className={styles.view}
        role="log"
        aria-live="off"
        aria-label="Lines"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={scroll}
      >
        <div style={{ height: rows.length * ROW_PX }}>
          <div className={styles.rows} style={{ transform: `translateY(${first * ROW_PX}px)` }}>
            {rows.slice(first, end).map((row) => (
              <Line key={row.key} row={row} words={words} isNarrow={isNarrow} />
            ))}
          </div>
        </div>
      </div>
      {!isFollowed && (
        <Button size="compact-xs" className={styles.follow} onClick={() => onFollow(true)}>
          {news > 0
            ? `${formatExactCount(news)} new ${news === 1 ? "entry" : "entries"} · to the newest`
            : "To the newest"}
        </Button>
      )}
    </div>
  );
}

interface LineProps {
  readonly row: LogRow;
  readonly words: string;
  readonly isNarrow: boolean;
}

const Line = memo(function Line({ row, words, isNarrow }: LineProps) {
  const { level, text, entry } = row;
  const place = entry === null ? null : placeOf(entry);
  if (row.isHead) {
    return (
      <div className={styles.headRow} data-level={level} title={place?.title}>
        {[place?.time, place?.step === "" ? "" : `step ${place?.step}`, level]
          .filter((part) => part !== "")
          .join(" · ")}
      </div>
    );
  }
  return (
    <div className={styles.row} data-level={level} data-first={entry !== null || undefined}>
      {!isNarrow && (
        <>
          {entry?.at == null ? (
            <span title={place?.title} />
          ) : (
            <time dateTime={entry.at} title={place?.title}>
              {place?.time}
            </time>
          )}
          <span className={styles.step}>{place?.step}</span>
        </>
      )}
      {entry !== null && !isNarrow && (level === "warning" || level === "error") && (
        <span className="visually-hidden">{level}: </span>
      )}
      <span className={styles.text}>
        {highlighted(text, words).map(({ text: part, isMatch }, i) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text have no other name
          isMatch ? <mark key={i}>{part}</mark> : part,
        )}
      </span>
    </div>
  );
});
