/** What the run says: events in words and what its process printed, to read, search and take away. */

import { Button, TextInput } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useDeferredValue, useMemo, useState } from "react";
import { describeError } from "../../api/problem";
import { fetchLogFile } from "../../api/records";
import { formatExactCount } from "../../format/numbers";
import { filtered, type LogEntry } from "../../live/log-entries";
import type { RunStore } from "../../live/run-store";
import { ChoiceChips } from "../../ui/choice-chips";
import { Icon } from "../../ui/icons";
import { saveFile } from "../../ui/save-file";
import styles from "./log.module.css";
import { LogLines } from "./log-lines";
import { logText } from "./log-rows";
import { useLog } from "./use-log";

const LEVELS = [
  { value: "all", label: "All", obstacle: null },
  { value: "warning", label: "Warnings and errors", obstacle: null },
  { value: "error", label: "Errors", obstacle: null },
] as const;

export function Log({ store }: { store: RunStore }) {
  const [isFollowed, setFollowed] = useState(true);
  const { state, retry, earlier } = useLog(store, isFollowed);
  const [least, setLeast] = useState<(typeof LEVELS)[number]["value"]>("all");
  const [words, setWords] = useState("");
  const { entries, error, phase, hasEarlier } = state;
  // Typing goes on while thousands of lines are looked through.
  const sought = useDeferredValue(words);
  const shown = useMemo(() => filtered(entries, least, sought), [entries, least, sought]);
  return (
    <section className={styles.log} aria-label="Log">
      <div className={styles.tools}>
        <TextInput
          type="search"
          size="xs"
          className={styles.search}
          aria-label="Search the log"
          placeholder="Search"
          leftSection={<Icon name="search" size={13} />}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        <ChoiceChips label="Which lines" chips={LEVELS} value={least} onChoose={setLeast} />
        <span className={styles.count} role="status">
          {countText(shown.length, entries.length)}
        </span>
        <Takeaway runId={store.runId} shown={shown} />
      </div>
      {error !== null && (
        <p className={styles.error} role="alert">
          The log can't be fetched: {describeError(error)}{" "}
          <Button size="compact-xs" onClick={retry}>
            Try again
          </Button>
        </p>
      )}
      {phase === "loading" && error === null && (
        <p className={styles.quiet} role="status">
          Asking for the log…
        </p>
      )}
      {phase === "ready" && entries.length === 0 && (
        <p className={styles.quiet}>Nothing has been written yet.</p>
      )}
      {entries.length > 0 && shown.length === 0 && (
        <p className={styles.quiet}>
          Nothing here is like that.{" "}
          <Button
            size="compact-xs"
            onClick={() => {
              setLeast("all");
              setWords("");
            }}
          >
            Show everything
          </Button>
        </p>
      )}
      {shown.length > 0 && (
        <LogLines
          entries={shown}
          words={sought}
          isFollowed={isFollowed}
          onFollow={setFollowed}
          onEarlier={hasEarlier ? earlier : null}
        />
      )}
    </section>
  );
}

function countText(shown: number, all: number): string {
  const count = formatExactCount(all);
  if (shown === all) return all === 1 ? "1 entry" : `${count} entries`;
  return `${formatExactCount(shown)} of ${count}`;
}

function Takeaway({ runId, shown }: { runId: string; shown: readonly LogEntry[] }) {
  const clipboard = useClipboard({ timeout: 2_000 });
  const [isLoading, setLoading] = useState(false);
  const download = async () => {
    setLoading(true);
    try {
      const { blob, name } = await fetchLogFile(runId);
      saveFile(blob, name);
    } catch (error) {
      notifications.show({
        color: "var(--bad)",
        title: "The log was not downloaded",
        message: describeError(error),
      });
    } finally {
      setLoading(false);
    }
  };
  return (
    <span className={styles.takeaway}>
      <Button
        size="compact-sm"
        leftSection={<Icon name={clipboard.copied ? "check" : "copy"} size={13} />}
        disabled={shown.length === 0}
        onClick={() => clipboard.copy(logText(shown))}
      >
        {clipboard.copied ? "Copied" : clipboard.error === null ? "Copy" : "Can't copy here"}
      </Button>
      <Button
        size="compact-sm"
        leftSection={<Icon name="download" size={13} />}
        aria-label="Download all that the process printed"
        loading={isLoading}
        onClick={() => void download()}
      >
        Download
      </Button>
    </span>
  );
}
