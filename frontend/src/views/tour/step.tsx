/** One thing, lit up in a dark room, with its explanation in large letters. */

import { Button, FocusTrap } from "@mantine/core";
import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useEffect, useId, useRef, useState } from "react";
import { Equation } from "../../ui/equation";
import { Icon } from "../../ui/icons";
import { cardPlace } from "./note-places";
import type { Thing } from "./things";
import styles from "./tour.module.css";
import type { TourText } from "./tour-texts";

interface StepProps {
  /** Null: it is not on this page now. */
  readonly thing: Thing | null;
  /** Null: nobody knows it. */
  readonly text: TourText | null;
  /** -1: it is not on this page now. */
  readonly index: number;
  readonly count: number;
  readonly onGo: (index: number) => void;
  readonly onAll: () => void;
  readonly onEnd: () => void;
}

const MARGIN = 6;
/** Presenters that people hold in their hand press PageDown and PageUp. */
const KEYS: Readonly<Record<string, "next" | "previous" | "first" | "last" | "end">> = {
  ArrowRight: "next",
  ArrowDown: "next",
  PageDown: "next",
  ArrowLeft: "previous",
  ArrowUp: "previous",
  PageUp: "previous",
  Home: "first",
  End: "last",
  Escape: "end",
  w: "end",
};

export function Step(props: StepProps) {
  const { thing, text, index, count, onGo, onAll, onEnd } = props;
  const newest = useRef(props);
  newest.current = props;
  const asked = useRef(index);
  useEffect(() => {
    asked.current = index;
  }, [index]);
  // Looks again whenever its content changes; what it takes is more than that, by its padding.
  const { ref: watched } = useElementSize();
  const [content, setContent] = useState<HTMLElement | null>(null);
  const measured = useMergedRef<HTMLElement>(watched, setContent);
  const card = content?.parentElement;
  const titleId = useId();
  const textId = useId();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const work = KEYS[event.key];
      if (work === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (work === "end") newest.current.onEnd();
      else {
        // Of keys that come faster than the page draws, each goes on from where the last one led.
        const [now, last] = [asked.current, newest.current.count - 1];
        const to = { next: now + 1, previous: now - 1, first: 0, last }[work];
        asked.current = Math.max(0, Math.min(last, to));
        newest.current.onGo(asked.current);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    // What lies below is to be seen and not to be touched.
    const page = document.getElementById("root");
    page?.setAttribute("inert", "");
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      page?.removeAttribute("inert");
    };
  }, []);
  const element = thing?.element ?? null;
  useEffect(() => {
    if (element === null) return;
    for (let at = element.closest("details"); at !== null; ) {
      at.open = true;
      at = at.parentElement?.closest("details") ?? null;
    }
    const isPhone = window.innerWidth < 640;
    element.style.scrollMarginTop = "64px";
    element.scrollIntoView({ block: isPhone ? "start" : "center", behavior: "instant" });
    return () => {
      element.style.removeProperty("scroll-margin-top");
    };
  }, [element]);
  const box = thing?.box ?? null;
  const place = cardPlace(
    box,
    { width: card?.offsetWidth ?? 0, height: card?.offsetHeight ?? 0 },
    { width: window.innerWidth, height: window.innerHeight },
  );
  return (
    <div className={styles.room} data-dark={box === null || undefined}>
      {box !== null && (
        <span
          className={styles.light}
          data-light
          style={{
            left: box.left - MARGIN,
            top: box.top - MARGIN,
            width: box.width + 2 * MARGIN,
            height: box.height + 2 * MARGIN,
          }}
          aria-hidden="true"
        />
      )}
      <FocusTrap active>
        <div
          role="dialog"
          aria-modal="true"
          aria-labelledby={titleId}
          aria-describedby={textId}
          className={styles.card}
          style={{ left: place.left, top: place.top }}
        >
          <div ref={measured}>
            <p className={styles.count}>{index < 0 ? "" : `${index + 1} of ${count}`}</p>
            <div aria-live="polite">
              <h2 id={titleId} tabIndex={-1} data-autofocus>
                {text?.title ?? "Not known here"}
              </h2>
              <div id={textId}>
                {index < 0 && <p className={styles.guidance}>Not on this page now.</p>}
                <p>{text?.meaning ?? "There is no such thing on the page."}</p>
                {text?.equation !== undefined && text.equation !== "" && (
                  <Equation key={text.equation} latex={text.equation} />
                )}
                {text !== null && text.guidance !== "" && (
                  <p className={styles.guidance}>
                    <strong>What good looks like, what to try</strong>
                    {text.guidance}
                  </p>
                )}
              </div>
            </div>
            <div className={styles.buttons}>
              <Button size="sm" disabled={index <= 0} onClick={() => onGo(index - 1)}>
                Previous
              </Button>
              <Button
                size="sm"
                variant="filled"
                disabled={index >= count - 1}
                onClick={() => onGo(index + 1)}
              >
                Next
              </Button>
              <Button size="sm" variant="subtle" onClick={onAll}>
                All at once
              </Button>
              <Button
                size="sm"
                variant="subtle"
                leftSection={<Icon name="close" size={14} />}
                onClick={onEnd}
              >
                End
              </Button>
            </div>
          </div>
        </div>
      </FocusTrap>
    </div>
  );
}
