/** What happened, newest first: commands, changes, checkpoints, tests, messages. */

import { Button } from "@mantine/core";
import { memo, useMemo, useState } from "react";
import { formatActor } from "../../format/actors";
import { formatMoment, formatTimeOfDay } from "../../format/durations";
import { formatCount, formatExactCount } from "../../format/numbers";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import styles from "./ledger.module.css";
import { ledgerLine } from "./ledger-text";

const SHOWN_AT_FIRST = 30;

interface LedgerProps {
  readonly store: RunStore;
  readonly labels: ReadonlyMap<string, string>;
}

export const Ledger = memo(function Ledger({ store, labels }: LedgerProps) {
  const events = useRunPart(store, (view) => view.ledger);
  const commands = useRunPart(store, (view) => view.commands);
  const [showsAll, setShowsAll] = useState(false);
  const lines = useMemo(
    () =>
      events
        .flatMap((event) => {
          const line = ledgerLine(event, labels, commands);
          return line === null ? [] : [{ event, line }];
        })
        .reverse(),
    [events, commands, labels],
  );
  const shown = showsAll ? lines : lines.slice(0, SHOWN_AT_FIRST);
  return (
    <section className={styles.ledger} aria-labelledby="ledger">
      <h2 id="ledger" className="visually-hidden">
        What happened
      </h2>
      <ol>
        {shown.map(({ event, line }) => (
          <li key={event.seq} className={styles.line} data-tone={line.tone}>
            <time dateTime={event.at} title={formatMoment(event.at)}>
              {formatTimeOfDay(event.at)}
            </time>
            <span className={styles.step} title={`env step ${formatExactCount(event.env_step)}`}>
              {formatCount(event.env_step)}
            </span>
            <span className={styles.text}>
              {line.text}
              {line.actor !== null && (
                <span className={styles.actor}> {formatActor(line.actor)}</span>
              )}
              {line.detail !== null && (
                <details>
                  <summary>Details</summary>
                  <pre>{line.detail}</pre>
                </details>
              )}
            </span>
          </li>
        ))}
      </ol>
      {lines.length > shown.length && (
        <Button variant="subtle" onClick={() => setShowsAll(true)}>
          Show all {formatExactCount(lines.length)}
        </Button>
      )}
    </section>
  );
});
