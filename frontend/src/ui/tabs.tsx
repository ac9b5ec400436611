/** Several panels in one place; the arrow keys go from tab to tab. */

import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from "react";
import styles from "./tabs.module.css";

/** So much of the next tab is seen that there is one. */
const SCROLL_MARGIN_PX = 40;

export interface Tab<Name extends string> {
  readonly name: Name;
  readonly label: string;
  /** Beside the label; null: none. */
  readonly count: number | null;
}

interface TabsProps<Name extends string> {
  readonly label: string;
  readonly tabs: readonly Tab<Name>[];
  readonly chosen: Name;
  readonly onChoose: (name: Name) => void;
  /** The panel of the chosen tab. */
  readonly children: ReactNode;
}

export function Tabs<Name extends string>(props: TabsProps<Name>) {
  const { label, tabs, chosen, onChoose, children } = props;
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent, index: number) => {
    const next = nextIndex(event.key, index, tabs.length);
    const tab = next === null ? undefined : tabs[next];
    if (next === null || tab === undefined) return;
    event.preventDefault();
    onChoose(tab.name);
    const element = list.current?.children[next];
    if (element instanceof HTMLElement) element.focus();
  };
  // A narrow window shows some of the tabs: the chosen one among them. Only sideways: the page stays.
  useEffect(() => {
    const row = list.current;
    const tab = document.getElementById(`${id}-${chosen}`);
    if (row === null || tab === null) return;
    const start = tab.offsetLeft - row.offsetLeft;
    const end = start + tab.offsetWidth;
    if (start < row.scrollLeft) row.scrollLeft = start - SCROLL_MARGIN_PX;
    else if (end > row.scrollLeft + row.clientWidth) {
      row.scrollLeft = end - row.clientWidth + SCROLL_MARGIN_PX;
    }
  }, [id, chosen]);
  return (
    <>
      <div ref={list} className={styles.list} role="tablist" aria-label={label}>
        {tabs.map(({ name, label: text, count }, index) => (
          <button
            key={name}
            id={`${id}-${name}`}
            type="button"
            role="tab"
            className={styles.tab}
            aria-selected={name === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={name === chosen ? 0 : -1}
            onClick={() => onChoose(name)}
            onKeyDown={(event) => walk(event, index)}
          >
            {text}
            {count !== null && <span className={styles.count}> {count}</span>}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${chosen}`}>
        {children}
      </div>
    </>
  );
}

/** Where a key leads from a tab; null: nowhere. */
export function nextIndex(key: string, index: number, count: number): number | null {
  switch (key) {
    case "ArrowRight":
      return (index + 1) % count;
    case "ArrowLeft":
      return (index - 1 + count) % count;
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}
