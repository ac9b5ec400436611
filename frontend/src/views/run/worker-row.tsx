/** One thread; below it, if it failed or hangs, where. */

import { CopyButton } from "@mantine/core";
import { useState } from "react";
import type { WorkerThread } from "../../api/types";
import { workerColour } from "../../charts/palette";
import { formatCount, formatExactCount, formatMeasured, UNIT_SPACE } from "../../format/numbers";
import { Icon } from "../../ui/icons";
import { useTimeUnit } from "../../ui/preferences";
import { StateGlyph } from "../../ui/state-glyph";
import {
  errorHeadline,
  lagText,
  silenceText,
  workerGlyph,
  workerName,
  workerStateWord,
} from "./worker-text";
import styles from "./workers.module.css";

const COLUMNS = 8;
const LIVING: ReadonlySet<WorkerThread["state"]> = new Set(["running", "paused", "hanging"]);

interface WorkerRowProps {
  readonly thread: WorkerThread;
  readonly hasProcesses: boolean;
  /** What it does, if that is to be said. */
  readonly role: string | null;
}

export function WorkerRow({ thread, hasProcesses, role }: WorkerRowProps) {
  const { worker, state, env_steps: steps, updates } = thread;
  const acts = worker !== null;
  const learns = thread.role !== "environment" && thread.role !== "predictor";
  const lives = LIVING.has(state);
  const silence = silenceText(thread, useTimeUnit());
  const trouble = thread.error ?? thread.stack;
  return (
    <tbody data-state={state}>
      <tr>
        <th scope="row">
          <span
            className={styles.dot}
            style={acts ? { background: workerColour(worker) } : undefined}
            data-hollow={!acts || undefined}
            aria-hidden="true"
          />
          {workerName(thread)}
          {hasProcesses && <span className={styles.aside}> process {thread.process}</span>}
          {role !== null && <span className={styles.role}>{role}</span>}
        </th>
        <td data-label="State">
          <span className={styles.state}>
            <StateGlyph state={workerGlyph(state)} />
            {workerStateWord(state)}
          </span>
          {silence !== null && <span className={styles.silence}>{silence}</span>}
        </td>
        <td className={styles.number} data-label="Steps/s">
          {acts && lives ? formatCount(thread.steps_per_second) : "–"}
        </td>
        <td
          className={styles.number}
          data-label="Env steps"
          title={acts ? formatExactCount(steps) : undefined}
        >
          {acts ? formatCount(steps) : "–"}
        </td>
        <td className={styles.number} data-label="Episodes">
          {acts ? formatExactCount(thread.episodes) : "–"}
        </td>
        <td className={styles.number} data-label="Last return">
          {formatMeasured(thread.last_return)}
        </td>
        <td
          className={styles.number}
          data-label="Updates"
          title={learns ? `${formatExactCount(updates)} so far` : undefined}
        >
          {learns ? (
            <>
              {formatCount(updates)}
              {lives && (
                <span className={styles.rate}>
                  {" "}
                  {formatCount(thread.updates_per_second)}
                  {UNIT_SPACE}/s
                </span>
              )}
            </>
          ) : (
            "–"
          )}
        </td>
        <td className={styles.number} data-label="Policy lag">
          {lagText(thread)}
        </td>
      </tr>
      {trouble !== null && (
        <tr className={styles.trouble}>
          <td colSpan={COLUMNS}>
            <Trouble
              headline={thread.error === null ? "Where it stands" : errorHeadline(thread.error)}
              text={trouble}
              name={workerName(thread)}
            />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Trouble({ headline, text, name }: { headline: string; text: string; name: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <div className={styles.headline}>
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`${headline}. Traceback of ${name}`}
          onClick={() => setOpen(!isOpen)}
        >
          <span className={styles.chevron} aria-hidden="true" />
          {headline}
        </button>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <button
              type="button"
              className={styles.copy}
              aria-label={`Copy the traceback of ${name}`}
              onClick={copy}
            >
              <Icon name={copied ? "check" : "copy"} size={13} />
              {copied ? "Copied" : "Copy"}
            </button>
          )}
        </CopyButton>
      </div>
      {isOpen && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        <section className={styles.traceback} tabIndex={0} aria-label={`Traceback of ${name}`}>
          <pre>{text}</pre>
        </section>
      )}
    </>
  );
}
