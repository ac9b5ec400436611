/** The table of contents; it knows where the reader is. */

import { useEffect, useState } from "react";
import { CHAPTERS } from "../../format/chapters";
import { FrameTask } from "../../live/frame";
import styles from "./contents.module.css";
import { currentChapter } from "./maths/reading-place";

/** A chapter is being read when its title has come up to here, as a share of the window. */
const READING_LINE = 0.3;

/** @param look folded away behind the current chapter's name, where there is no room beside the text */
export function Contents({ look }: { look: "aside" | "folded" }) {
  const current = useCurrentChapter();
  const [isOpen, setIsOpen] = useState(false);
  const list = (
    <ol className={styles.list}>
      {CHAPTERS.map(({ id, title }, i) => (
        <li key={id}>
          <a
            href={`#${id}`}
            className={styles.link}
            aria-current={i === current ? "location" : undefined}
            onClick={() => setIsOpen(false)}
          >
            <span className={styles.number}>{i + 1}</span>
            {title}
          </a>
        </li>
      ))}
    </ol>
  );
  if (look === "aside") {
    return (
      <nav className={styles.aside} aria-label="Chapters">
        {list}
      </nav>
    );
  }
  return (
    <nav className={styles.folded} aria-label="Chapters">
      <button type="button" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <span className={styles.number}>{current + 1}</span>
        <span className={styles.title}>{CHAPTERS[current]?.title}</span>
        <span aria-hidden="true">{isOpen ? "▴" : "▾"}</span>
      </button>
      {isOpen && list}
    </nav>
  );
}

function useCurrentChapter(): number {
  const [current, setCurrent] = useState(0);
  useEffect(() => {
    const look = new FrameTask(() => {
      const tops = CHAPTERS.map(
        // Chapters come one after the other: what is not there is below.
        ({ id }) =>
          document.getElementById(id)?.getBoundingClientRect().top ?? Number.POSITIVE_INFINITY,
      );
      const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
      const isAtEnd = scrollTop > 0 && scrollTop + clientHeight >= scrollHeight - 2;
      setCurrent(currentChapter(tops, window.innerHeight * READING_LINE, isAtEnd));
    });
    const request = () => look.request();
    request();
    window.addEventListener("scroll", request, { passive: true });
    window.addEventListener("resize", request);
    return () => {
      look.cancel();
      window.removeEventListener("scroll", request);
      window.removeEventListener("resize", request);
    };
  }, []);
  return current;
}
