/** What to read on, at the end. */

import styles from "./source-list.module.css";
import { SOURCES, type SourceKey, sourceAnchor } from "./sources";

const KEYS = Object.keys(SOURCES) as SourceKey[];

export function SourceList() {
  return (
    <section className={styles.sources} id="sources" aria-labelledby="sources-title">
      <h2 id="sources-title">Sources</h2>
      <ul>
        {KEYS.map((key) => {
          const source = SOURCES[key];
          return (
            <li key={key} id={sourceAnchor(key)}>
              <strong>{source.short}.</strong> {source.full}{" "}
              {"link" in source && (
                <a href={source.link} target="_blank" rel="noreferrer">
                  {source.link.replace(/^https?:\/\//, "")}
                </a>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
