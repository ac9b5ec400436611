/** The list of runs on the left. */

import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { describeError } from "../../api/problem";
import { runListQuery } from "../../api/run-lists";
import { pathTo } from "../../format/addresses";
import { Icon } from "../../ui/icons";
import { useShortcut } from "../../ui/shortcuts";
import { useLookingOn } from "../../ui/use-looking-on";
import { ConnectionLight } from "./connection-light";
import styles from "./rail.module.css";
import { RunRow } from "./run-row";
import { ThemeSwitch } from "./theme-switch";
import type { TourState } from "./use-tour";

interface RailProps {
  /** A link was followed: on a phone the list closes. */
  readonly onFollow: () => void;
  readonly onFilter: () => void;
  readonly onHelp: () => void;
  readonly tour: TourState;
}

export function Rail({ onFollow, onFilter, onHelp, tour }: RailProps) {
  const lookingOn = useLookingOn();
  const [text, setText] = useState("");
  const [filter] = useDebouncedValue(text.trim(), 200);
  const { data, error, isPending, hasNextPage, fetchNextPage, isFetchingNextPage } =
    useInfiniteQuery(runListQuery({ text: filter }));
  const runs = data?.pages.flatMap((page) => page.items) ?? [];
  const field = useRef<HTMLInputElement>(null);
  useShortcut("/", () => {
    // At once, so that no letter typed after it is lost; again for a list that is only opening.
    field.current?.focus();
    onFilter();
    requestAnimationFrame(() => field.current?.focus());
  });

  return (
    <div className={styles.rail}>
      <div className={styles.head}>
        <Link to="/" className={styles.brand} onClick={onFollow}>
          <img src={pathTo("/favicon.svg")} alt="" width={20} height={20} />
          Matinee
        </Link>
        <Tooltip label="New run (n)">
          <Button
            renderRoot={(props) => <Link {...props} to="/runs/new" onClick={onFollow} />}
            leftSection={<Icon name="plus" size={14} />}
          >
            New run
          </Button>
        </Tooltip>
      </div>
      <ul className={styles.places}>
        <li>
          <Link
            to="/runs"
            activeOptions={{ exact: true }}
            className={styles.place}
            onClick={onFollow}
          >
            <Icon name="list" size={14} />
            Runs
          </Link>
        </li>
        <li>
          <Link to="/compare" className={styles.place} onClick={onFollow}>
            <Icon name="compare" size={14} />
            Compare
          </Link>
        </li>
        <li>
          <Link to="/learn" className={styles.place} onClick={onFollow}>
            <Icon name="book" size={14} />
            Learn
          </Link>
        </li>
      </ul>
      <TextInput
        ref={field}
        className={styles.filter}
        aria-label="Filter runs"
        placeholder="Filter"
        leftSection={<Icon name="search" size={13} />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          setText("");
          event.currentTarget.blur();
        }}
      />
      <nav className={styles.list} aria-label="Runs">
        <ul>
          {runs.map((run) => (
            <RunRow key={run.id} run={run} onFollow={onFollow} />
          ))}
        </ul>
        {error !== null && <p className={styles.note}>{describeError(error)}</p>}
        {!isPending && error === null && runs.length === 0 && (
          <p className={styles.note}>
            {filter === "" ? "Runs appear here." : `No run matches “${filter}”.`}
          </p>
        )}
        {hasNextPage && (
          <Button
            variant="subtle"
            fullWidth
            loading={isFetchingNextPage}
            onClick={() => void fetchNextPage()}
          >
            Show older runs
          </Button>
        )}
      </nav>
      {lookingOn !== null && (
        <p className={styles.lookingOn} title={lookingOn}>
          Looking on: watch, but not steer
        </p>
      )}
      <footer className={styles.foot}>
        <ConnectionLight />
        <span className={styles.tools}>
          <Tooltip label={tour.unavailable ?? "What am I looking at? (w)"}>
            <ActionIcon
              aria-label="What am I looking at?"
              aria-keyshortcuts="w"
              aria-pressed={tour.at !== null}
              aria-disabled={tour.unavailable !== null}
              data-off={tour.unavailable !== null || undefined}
              className={styles.tool}
              onClick={() => {
                onFollow();
                tour.toggle();
              }}
            >
              <Icon name="glasses" />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Help and shortcuts (?)">
            <ActionIcon aria-label="Help and shortcuts" onClick={onHelp}>
              <Icon name="help" />
            </ActionIcon>
          </Tooltip>
          <ThemeSwitch />
          <Tooltip label="Settings">
            <ActionIcon
              aria-label="Settings"
              renderRoot={(props) => <Link {...props} to="/settings" onClick={onFollow} />}
            >
              <Icon name="sliders" />
            </ActionIcon>
          </Tooltip>
        </span>
      </footer>
    </div>
  );
}
