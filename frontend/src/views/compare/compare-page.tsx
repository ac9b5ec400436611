/** Runs side by side: which learned faster, and how sure that is. */

import { Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { describeError } from "../../api/problem";
import { environmentsQuery } from "../../api/queries";
import { comparedRunsQuery } from "../../api/run-lists";
import { Icon } from "../../ui/icons";
import { PageLoading, PageMessage } from "../../ui/page-message";
import { RaceDialog } from "../race/race-dialog";
import { RaceForm } from "../race/race-form";
import styles from "./compare-page.module.css";
import { type CompareSearch, idsOf, MOST_RUNS } from "./compare-search";
import { ComparisonView } from "./comparison-view";

interface ComparePageProps {
  readonly search: CompareSearch;
  readonly onSearch: (search: CompareSearch) => void;
}

export function ComparePage({ search, onSearch }: ComparePageProps) {
  const ids = idsOf(search.runs);
  const groups = search.group ?? [];
  const isEmpty = ids.length === 0 && groups.length === 0;
  const compared = useQuery({ ...comparedRunsQuery(ids, groups), enabled: !isEmpty });
  const environments = useQuery(environmentsQuery);
  const [isRaceOpen, race] = useDisclosure(false);
  const title = groups.length === 1 && ids.length === 0 ? (groups[0] ?? "") : "Comparison";
  useEffect(() => {
    document.title = `${title} · Matinee`;
    return () => {
      document.title = "Matinee";
    };
  }, [title]);

  if (isEmpty) return <NothingChosen />;
  const failed = [compared, environments].filter(({ data, error }) => data === undefined && error);
  if (failed[0] !== undefined) {
    return (
      <PageMessage
        title="The runs can't be compared"
        actions={
          <Button
            size="sm"
            variant="filled"
            onClick={() => failed.forEach((each) => void each.refetch())}
          >
            Try again
          </Button>
        }
      >
        <p>{describeError(failed[0].error)}</p>
      </PageMessage>
    );
  }
  if (compared.data === undefined || environments.data === undefined) {
    return <PageLoading what="the runs" />;
  }
  const { runs, missing } = compared.data;
  if (runs.length === 0) return <NothingLeft />;
  const shown = runs.slice(-MOST_RUNS);
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <div>
          <h1>{title}</h1>
          <p className={styles.subtitle}>
            {runs.length === 1 ? "1 run" : `${runs.length} runs`}
            {missing.length > 0 &&
              ` · ${missing.length === 1 ? "one" : missing.length} of those named ${missing.length === 1 ? "is" : "are"} not there any more`}
            {shown.length < runs.length && ` · the newest ${MOST_RUNS} of them are shown`}
          </p>
        </div>
        <div className={styles.actions}>
          <Button leftSection={<Icon name="race" size={14} />} onClick={race.open}>
            New race
          </Button>
          <Button
            renderRoot={(props) => <Link {...props} to="/runs" />}
            leftSection={<Icon name="list" size={14} />}
          >
            Choose runs
          </Button>
        </div>
      </header>
      <ComparisonView
        title={title}
        runs={shown}
        environments={environments.data}
        search={search}
        onSearch={onSearch}
      />
      <RaceDialog isOpen={isRaceOpen} onClose={race.close} />
    </div>
  );
}

function NothingChosen() {
  return (
    <PageMessage
      title="Compare runs"
      actions={
        <Button size="sm" renderRoot={(props) => <Link {...props} to="/runs" />}>
          Choose runs
        </Button>
      }
    >
      <p>
        Choose some in the list of runs, or let several modes race: they learn the same task at the
        same time, and the curves tell who is faster.
      </p>
      <RaceForm />
    </PageMessage>
  );
}

function NothingLeft() {
  return (
    <PageMessage
      title="There are no such runs"
      actions={
        <Button size="sm" variant="filled" renderRoot={(props) => <Link {...props} to="/runs" />}>
          Choose runs
        </Button>
      }
    >
      <p>They may have been deleted, or the address has a mistake.</p>
    </PageMessage>
  );
}
