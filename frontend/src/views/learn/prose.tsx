/** What the essay is made of: chapters, equations with their words, remarks. */

import type { ReactNode } from "react";
import { CHAPTERS, type ChapterId } from "../../format/chapters";
import { DisplayMath, InlineMath } from "../../ui/math";
import styles from "./prose.module.css";
import { SOURCES, type SourceKey, sourceAnchor } from "./sources";

export { InlineMath as M };

interface ChapterProps {
  readonly id: ChapterId;
  readonly children: ReactNode;
}

export function Chapter({ id, children }: ChapterProps) {
  const index = CHAPTERS.findIndex((chapter) => chapter.id === id);
  return (
    <section className={styles.chapter} id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>
        <a className={styles.link} href={`#${id}`}>
          <span className={styles.number}>{index + 1}</span> {CHAPTERS[index]?.title}
        </a>
      </h2>
      {children}
    </section>
  );
}

interface FormulaProps {
  readonly latex: string;
  /** Whose it is; what follows from an equation above has words instead. */
  readonly source: ReactNode;
  /** Each symbol that is new, in words. */
  readonly where?: readonly (readonly [string, ReactNode])[];
}

export function Formula({ latex, source, where = [] }: FormulaProps) {
  return (
    <figure className={styles.formula}>
      <DisplayMath latex={latex} />
      <figcaption>
        {where.length > 0 && (
          <dl className={styles.where}>
            {where.map(([symbol, words]) => (
              <div key={symbol}>
                <dt>
                  <InlineMath latex={symbol} />
                </dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        )}
        <p className={styles.source}>{source}</p>
      </figcaption>
    </figure>
  );
}

/** A source by its name, leading to the list at the end. */
export function Cite({ of, at }: { of: SourceKey; at?: string }) {
  return (
    <>
      <a href={`#${sourceAnchor(of)}`}>{SOURCES[of].short}</a>
      {at !== undefined && `, ${at}`}
    </>
  );
}

export function Aside({ title, children }: { title: string; children: ReactNode }) {
  return (
    <aside className={styles.aside} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </aside>
  );
}

/** A table that scrolls within itself where the window is narrow. */
export function Table(props: {
  label: string;
  head: readonly string[];
  rows: readonly (readonly ReactNode[])[];
}) {
  const { label, head, rows } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable
    <section className={styles.table} tabIndex={0} aria-label={label}>
      <table>
        <thead>
          <tr>
            {head.map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows never move
            <tr key={i}>
              {row.map((cell, j) =>
                j === 0 ? (
                  <th key={head[j]} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={head[j]}>{cell}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
