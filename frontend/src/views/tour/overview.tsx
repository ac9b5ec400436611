/** A short note at each thing that is in the window; the page below can still be used. */

import { Button } from "@mantine/core";
import { type CSSProperties, useEffect, useRef } from "react";
import { Icon } from "../../ui/icons";
import { type NotePlace, notePlaces } from "./note-places";
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
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" && event.key !== "w") return;
      const target = event.target instanceof Element ? event.target : null;
      if (event.key === "w" && target?.closest("input, textarea") != null) return;
      event.preventDefault();
      end.current();
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);
  const places = notePlaces(
    things.map(({ box }) => box),
    { width: window.innerWidth, height: window.innerHeight },
  );
  return (
    <div role="dialog" aria-label="What am I looking at?" className={styles.overview}>
      <ul>
        {things.map(({ key, box }, i) => {
          const text = texts.get(key);
          const place = places[i] ?? null;
          if (box === null || place === null || text === undefined) return null;
          const isBrief = place.lines < 3 && text.brief !== undefined;
          return (
            <li key={key}>
              <span
                className={styles.frame}
                style={{ left: box.left, top: box.top, width: box.width, height: box.height }}
                aria-hidden="true"
              />
              <button
                type="button"
                className={styles.note}
                data-sign={place.lines === 0 || undefined}
                style={noteStyle(place, isBrief)}
                onClick={() => onStep(key)}
              >
                <span>
                  <span className="visually-hidden">{`${i + 1}. ${text.title}: `}</span>
                  {place.lines === 0 && <span aria-hidden="true">?</span>}
                  <span className={styles.words}>{isBrief ? text.brief : text.meaning}</span>
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

/** As variables, so that a note that is pointed at can show all that it says. */
function noteStyle(place: NotePlace, isBrief: boolean): CSSProperties {
  const { left, top, width, height, lines } = place;
  const variables = { "--most": `${height}px`, "--lines": Math.max(1, lines) };
  const size = isBrief ? { width: "max-content", maxWidth: width } : { width };
  return { left, top, ...size, ...variables };
}
