/** What the server is, what it allows, what its records take, and where more is written. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { describeError } from "../../api/problem";
import { storageQuery, systemQuery } from "../../api/queries";
import type { StorageInfo, SystemInfo } from "../../api/types";
import { serverAddress } from "../../format/addresses";
import { formatMoment, formatSpan } from "../../format/durations";
import { formatExactCount, UNIT_SPACE } from "../../format/numbers";
import { useNow } from "../../live/hooks";
import styles from "./settings-page.module.css";

type Fact = readonly [name: string, value: string];

export function ServerFacts() {
  // Not that of the page's start: limits and room change.
  const system = useQuery({ ...systemQuery, staleTime: 0 });
  const storage = useQuery(storageQuery);
  const now = useNow(10_000);
  const error = system.error ?? storage.error;
  return (
    <>
      {error !== null && (
        <p className={styles.care} role="alert">
          {describeError(error)}
        </p>
      )}
      {system.data !== undefined && <Facts facts={serverFacts(system.data, now)} />}
      <h3>Records and disk</h3>
      <Facts
        facts={
          storage.data === undefined ? [["records", "counting …"]] : storageFacts(storage.data)
        }
      />
      {system.data !== undefined && (
        <>
          <h3>Limits</h3>
          <Facts facts={limitFacts(system.data)} />
        </>
      )}
      <h3>More</h3>
      <ul className={styles.more}>
        <li>
          <Link to="/learn">How it learns</Link>: the theory, with the numbers of your runs.
        </li>
        <li>
          <code>matinee schema export</code> writes the API as an OpenAPI document: everything that
          the page can do, a script can do.
        </li>
        <li>
          <code>matinee doctor</code> examines all records, and repairs what can be repaired.
        </li>
        <li>
          <code>matinee backup</code> copies all records into a folder while runs train, and{" "}
          <code>matinee restore</code> puts them back.
        </li>
      </ul>
    </>
  );
}

function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function serverFacts(system: SystemInfo, nowMs: number): Fact[] {
  const { interpreter } = system;
  const upS = Math.max(0, (nowMs - Date.parse(system.started_at)) / 1000);
  const python = interpreter == null ? "not looked at yet" : `Python ${interpreter.python}`;
  return [
    ["version", `${system.version}, API ${system.contract_version}`],
    ["address", serverAddress()],
    ["running for", `${formatSpan(upS, "auto")}, since ${formatMoment(system.started_at)}`],
    ["data folder", system.data_dir],
    ["cores", String(system.cores)],
    ["memory", formatSize(system.memory_bytes)],
    ["runs are trained by", python],
    ["active runs", `${system.active_runs}, ${system.queued_runs} waiting`],
  ];
}

function storageFacts(storage: StorageInfo): Fact[] {
  const { runs, record_bytes: records, free_disk_bytes: free, total_disk_bytes: total } = storage;
  return [
    [
      "records",
      `${formatSize(records)} in ${runs === 1 ? "1 run" : `${formatExactCount(runs)} runs`}`,
    ],
    ["free on the disk", `${formatSize(free)} of ${formatSize(total)}`],
  ];
}

function limitFacts({ limits }: SystemInfo): Fact[] {
  return [
    [
      "runs at the same time",
      `${limits.active_runs}; ${formatExactCount(limits.queued_runs)} may wait`,
    ],
    ["runs on record", formatExactCount(limits.runs)],
    ["threads of a run", formatExactCount(limits.threads_per_run)],
    ["workers of a run", formatExactCount(limits.workers_per_run)],
    ["environments per worker", formatExactCount(limits.envs_per_worker)],
    ["weights of a network", formatExactCount(limits.parameters)],
    [
      "memory of a run",
      limits.run_memory_bytes === 0
        ? "not told"
        : `${formatSize(limits.run_memory_bytes)}, by an estimate`,
    ],
    ["hangs after", formatSpan(limits.hang_after_s, "auto")],
  ];
}

/** Sizes of disks: 9 kB, 1.2 MB, 84.0 GB. */
function formatSize(bytes: number): string {
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? Math.ceil(value) : value.toFixed(1)}${UNIT_SPACE}${units[unit]}`;
}
