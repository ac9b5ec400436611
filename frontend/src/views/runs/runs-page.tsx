/** All runs: found, grouped, chosen, compared, stopped, deleted. */

import { Button, SegmentedControl, Select, Switch, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { describeError } from "../../api/problem";
import { type Activity, runListQuery } from "../../api/run-lists";
import type { Run } from "../../api/types";
import { Icon } from "../../ui/icons";
import { PageLoading, PageMessage } from "../../ui/page-message";
import { RaceDialog } from "../race/race-dialog";
import { WelcomePage } from "../welcome/welcome-page";
import { GROUPINGS, groupRuns, latestOnly, type RunGroup, rangeBetween } from "./run-grouping";
import { RunLine } from "./run-line";
import styles from "./runs-page.module.css";
import { type RunsSearch, readRunsSearch } from "./runs-search";
import { SelectionBar } from "./selection-bar";

interface RunsPageProps {
  readonly search: RunsSearch;
  readonly onSearch: (search: RunsSearch) => void;
}

export function RunsPage({ search, onSearch }: RunsPageProps) {
  const { q = "", by = null, state = null, latest = false } = search;
  const [text, setText] = useState(q);
  const [filter] = useDebouncedValue(text.trim(), 200);
  const [isRaceOpen, race] = useDisclosure(false);
  const newest = useRef({ search, onSearch });
  newest.current = { search, onSearch };
  useEffect(() => {
    const { search: now, onSearch: change } = newest.current;
    if (filter !== (now.q ?? "")) change(readRunsSearch({ ...now, q: filter }));
  }, [filter]);
  // Changed by a link and not by typing: the field follows.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the address changes
  useEffect(() => {
    if (q !== filter) setText(q);
  }, [q]);
  useEffect(() => {
    document.title = "Runs · Matinee";
    return () => {
      document.title = "Matinee";
    };
  }, []);
  const list = useInfiniteQuery(runListQuery({ text: filter, activity: state }));
  const loaded = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);
  const shown = useMemo(() => (latest ? latestOnly(loaded) : loaded), [loaded, latest]);
  const groups = useMemo(() => groupRuns(shown, by), [shown, by]);
  const selection = useSelection(groups);
  const chosen = shown.filter(({ id }) => selection.ids.has(id));
  const set = (parts: Partial<Record<keyof RunsSearch, unknown>>) =>
    onSearch(readRunsSearch({ ...search, ...parts }));

  const isFiltered = filter !== "" || state !== null;
  if (list.data === undefined) {
    if (list.error === null) return <PageLoading what="runs" />;
    return (
      <PageMessage
        title="The runs can't be shown"
        actions={
          <Button size="sm" variant="filled" onClick={() => void list.refetch()}>
            Try again
          </Button>
        }
      >
        <p>{describeError(list.error)}</p>
      </PageMessage>
    );
  }
  if (loaded.length === 0 && !isFiltered && text === "") return <WelcomePage />;
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>Runs</h1>
        <div className={styles.actions} data-explain="control.start">
          <Button leftSection={<Icon name="race" size={14} />} onClick={race.open}>
            Race
          </Button>
          <Button
            variant="filled"
            renderRoot={(props) => <Link {...props} to="/runs/new" />}
            leftSection={<Icon name="plus" size={14} />}
          >
            New run
          </Button>
        </div>
      </header>
      <div className={styles.tools} data-explain="control.find">
        <TextInput
          className={styles.filter}
          aria-label="Find runs"
          placeholder="Name, group, tag, note, environment or id"
          leftSection={<Icon name="search" size={13} />}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <SegmentedControl
          size="xs"
          aria-label="State"
          data={[
            { value: "all", label: "all" },
            { value: "active", label: "active" },
            { value: "ended", label: "not active" },
          ]}
          value={state ?? "all"}
          onChange={(value) => set({ state: value as Activity | "all" })}
        />
        <Select
          aria-label="Group by"
          leftSection={<span className={styles.prefix}>by</span>}
          w={150}
          data={[
            { value: "none", label: "nothing" },
            ...GROUPINGS.map((each) => ({ value: each, label: each })),
          ]}
          value={by ?? "none"}
          onChange={(value) => set({ by: value })}
        />
        <Switch
          label="latest only"
          title="Of runs with the same name, or the same seed of a group, only the newest"
          checked={latest}
          onChange={(event) => set({ latest: event.currentTarget.checked || undefined })}
        />
      </div>
      <SelectionBar
        chosen={chosen}
        onClear={selection.clear}
        onDeleted={(runs) => selection.drop(runs.map(({ id }) => id))}
      />
      {list.error !== null && (
        <p className={styles.error} role="alert">
          The list may be old: {describeError(list.error)}
        </p>
      )}
      {shown.length === 0 && (
        <p className={styles.note}>
          {filter === "" ? "No such runs at the moment." : `No run matches “${filter}”.`}
        </p>
      )}
      {groups.map((group) => (
        <GroupSection key={group.title} group={group} selection={selection} />
      ))}
      <footer className={styles.foot}>
        <span>
          {list.hasNextPage
            ? `The newest ${loaded.length}${by === null ? "" : "; groups hold only what is loaded"}`
            : `${loaded.length} in all`}
          {shown.length < loaded.length && `, ${shown.length} shown`}
        </span>
        {list.hasNextPage && (
          <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older runs
          </Button>
        )}
      </footer>
      <RaceDialog isOpen={isRaceOpen} onClose={race.close} />
    </div>
  );
}

interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly choose: (runId: string, isChosen: boolean, isRange: boolean) => void;
  readonly chooseAll: (runs: readonly Run[], isChosen: boolean) => void;
  readonly drop: (ids: readonly string[]) => void;
  readonly clear: () => void;
}

function useSelection(groups: readonly RunGroup[]): Selection {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const last = useRef<string | null>(null);
  const shown = useRef<readonly Run[]>([]);
  shown.current = groups.flatMap(({ runs }) => runs);
  const change = useCallback((changed: readonly string[], isChosen: boolean) => {
    setIds((before) => {
      const after = new Set(before);
      for (const id of changed) {
        if (isChosen) after.add(id);
        else after.delete(id);
      }
      return after;
    });
  }, []);
  const choose = useCallback(
    (runId: string, isChosen: boolean, isRange: boolean) => {
      const from = isRange ? last.current : null;
      change(from === null ? [runId] : rangeBetween(shown.current, from, runId), isChosen);
      last.current = runId;
    },
    [change],
  );
  const chooseAll = useCallback(
    (runs: readonly Run[], isChosen: boolean) =>
      change(
        runs.map(({ id }) => id),
        isChosen,
      ),
    [change],
  );
  const drop = useCallback((gone: readonly string[]) => change(gone, false), [change]);
  const clear = useCallback(() => setIds(new Set()), []);
  return { ids, choose, chooseAll, drop, clear };
}

function GroupSection({ group, selection }: { group: RunGroup; selection: Selection }) {
  const { title, runs } = group;
  const chosen = runs.filter(({ id }) => selection.ids.has(id)).length;
  const label = title === "" ? "Choose all that are shown" : `Choose all of ${title}`;
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current !== null) box.current.indeterminate = chosen > 0 && chosen < runs.length;
  }, [chosen, runs.length]);
  return (
    <section className={styles.group} aria-label={title === "" ? "Runs" : title}>
      <div className={styles.groupHead}>
        <input
          ref={box}
          type="checkbox"
          className={styles.check}
          aria-label={label}
          checked={runs.length > 0 && chosen === runs.length}
          onChange={(event) => selection.chooseAll(runs, event.currentTarget.checked)}
        />
        {title !== "" && <h2>{title}</h2>}
        <span className={styles.sub}>{runs.length === 1 ? "1 run" : `${runs.length} runs`}</span>
      </div>
      <ul onKeyDown={walkLinks} data-explain="control.list">
        {runs.map((run) => (
          <RunLine
            key={run.id}
            run={run}
            isChosen={selection.ids.has(run.id)}
            onChoose={selection.choose}
          />
        ))}
      </ul>
    </section>
  );
}

/** Up and down go from run to run, among names and among boxes. */
function walkLinks(event: KeyboardEvent<HTMLUListElement>): void {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (step === undefined || target === null) return;
  const kind = target.matches("[data-run-link]") ? "[data-run-link]" : "input[type=checkbox]";
  const all = [...(event.currentTarget.closest("div")?.querySelectorAll(`li ${kind}`) ?? [])];
  const next = all[all.indexOf(target) + step];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}
