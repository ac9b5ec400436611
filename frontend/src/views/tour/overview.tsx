/**
 * A sign at each thing that is in the window, which tells what that is when it is pointed at. The
 * page below stays visible, and can still be used.
 */

import { Button } from "@mantine/core";
import { useEffect, useRef } from "react";
import { Icon } from "../../ui/icons";
import { signPlace } from "./note-places";
import type { Thing } from "./things";
import styles from "./tour.module.css";
import type { TourText } from "./tour-texts";

interface OverviewProps {
  readonly things: readonly Thing[];
  readonly texts: ReadonlyMap<string, TourText>;
  /** Null: from the first on. */
  readonly onStep: (key: string | null) => void;
  readonly onEnd: () => void;
}

export function Overview({ things, texts, onStep, onEnd }: OverviewProps) {
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus({ preventScroll: true }), []);
  const newest = useRef({ onStep, onEnd });
  newest.current = { onStep, onEnd };
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      const isTyping = target?.closest("input, textarea") != null;
      if (event.key === "Escape" || (event.key === "w" && !isTyping)) {
        event.preventDefault();
        newest.current.onEnd();
      } else if (event.key === "PageDown" && !isTyping) {
        // What presenters that people hold in their hand press.
        event.preventDefault();
        newest.current.onStep(null);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  const size = { width: window.innerWidth, height: window.innerHeight };
  return (
    <div role="dialog" aria-label="What am I looking at?" className={styles.overview}>
      <ul>
        {things.map(({ key, box }, i) => {
          const text = texts.get(key);
          if (box === null || text === undefined) return null;
          const sign = signPlace(box, size);
          return (
            <li key={key}>
              <span
                className={styles.frame}
                style={{ left: box.left, top: box.top, width: box.width, height: box.height }}
                aria-hidden="true"
              />
              <button
                type="button"
                className={styles.sign}
                aria-label={`${i + 1}. ${text.title}: ${text.meaning}`}
                style={sign}
                data-opens-left={sign.left > size.width / 2 || undefined}
                data-opens-up={sign.top > size.height / 2 || undefined}
                onClick={() => onStep(key)}
              >
                ?
                <span className={styles.note}>
                  <strong>{text.title}</strong>
                  <span className={styles.words}>{text.meaning}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      <div className={styles.bar}>
        <strong>What am I looking at?</strong>
        <span className={styles.things} aria-live="polite">
          {things.length === 0 ? "The page is not there yet." : `${things.length} things`}
        </span>
        <Button
          ref={first}
          variant="filled"
          disabled={things.length === 0}
          onClick={() => onStep(null)}
        >
          One by one
        </Button>
        <Button leftSection={<Icon name="close" size={14} />} onClick={onEnd}>
          Close
        </Button>
      </div>
    </div>
  );
}
