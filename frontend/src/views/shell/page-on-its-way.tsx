/** A line at the top edge while the code of the page that was asked for is still being fetched. */

import { useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import styles from "./page-on-its-way.module.css";

/** What comes sooner comes without it: it would only flicker. */
const PATIENCE_MS = 200;

export function PageOnItsWay() {
  const isLoading = useRouterState({ select: (state) => state.isLoading });
  const [isLate, setIsLate] = useState(false);
  useEffect(() => {
    if (!isLoading) return;
    const timer = setTimeout(() => setIsLate(true), PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setIsLate(false);
    };
  }, [isLoading]);
  return (
    <div role="status" className={styles.place}>
      {isLate && (
        <div className={styles.line}>
          <span className="visually-hidden">The page is on its way</span>
        </div>
      )}
    </div>
  );
}
