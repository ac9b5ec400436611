/** The theory, as an essay, with the numbers of a run beside it. */

import { useMediaQuery } from "@mantine/hooks";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { startTransition, useEffect, useLayoutEffect, useRef, useState } from "react";
import { ApiProblem, describeError } from "../../api/problem";
import { A2cAndGa3c } from "./chapters/a2c-and-ga3c";
import { ActionValue } from "./chapters/action-value";
import { ActorCritic } from "./chapters/actor-critic";
import { Advantage } from "./chapters/advantage";
import { Baseline } from "./chapters/baseline";
import { Entropy } from "./chapters/entropy";
import { ManyActors } from "./chapters/many-actors";
import { NStep } from "./chapters/n-step";
import { Notebook } from "./chapters/notebook";
import { Ppo } from "./chapters/ppo";
import { PushAndPull } from "./chapters/push-and-pull";
import { ScoreFunction } from "./chapters/score-function";
import { Staleness } from "./chapters/staleness";
import { TdError } from "./chapters/td-error";
import { Value } from "./chapters/value";
import { Contents } from "./contents";
import { EpisodeContext, useEpisodesOfRun } from "./episode-source";
import styles from "./learn-page.module.css";
import { LearnRunContext } from "./learn-run";
import { RunChoice } from "./run-choice";
import { SourceList } from "./source-list";
import { useRunBeside } from "./use-run-beside";

export function LearnPage() {
  const { run: asked } = useSearch({ from: "/learn" });
  const navigate = useNavigate({ from: "/learn" });
  const { runs, chosen, live, isPending, error } = useRunBeside(asked);
  useEffect(() => {
    document.title = "Learn · Matinee";
    return () => {
      document.title = "Matinee";
    };
  }, []);
  return (
    <LearnRunContext value={live}>
      <Essay>
        {error !== null ? (
          <RunTrouble error={error} isAsked={asked !== undefined} />
        ) : (
          !isPending && (
            <RunChoice
              runs={runs}
              chosen={chosen}
              onChoose={(run) =>
                void navigate({ search: { run }, replace: true, resetScroll: false, hash: true })
              }
            />
          )
        )}
      </Essay>
    </LearnRunContext>
  );
}

/** Readable at once, whatever becomes of the run. */
function Essay({ children }: { children: React.ReactNode }) {
  const episodes = useEpisodesOfRun();
  const isNarrow = useMediaQuery("(max-width: 70rem)", false, { getInitialValueInEffect: false });
  return (
    <EpisodeContext value={episodes}>
      <div className={styles.page}>
        <article className={styles.text}>
          <header>
            <h1>How it learns</h1>
            <p className={styles.lead}>
              From the value of a state to A3C, its siblings and PPO: each equation with its source,
              each symbol in words, and things to touch in between, on the numbers of a run of
              yours. At the end, what the notebook behind it all got wrong.
            </p>
            <div className={styles.choice}>{children}</div>
          </header>
          {isNarrow && <Contents look="folded" />}
          <Value />
          <ActionValue />
          <Chapters />
        </article>
        {!isNarrow && (
          <div className={styles.beside}>
            <Contents look="aside" />
          </div>
        )}
      </div>
    </EpisodeContext>
  );
}

/** All but the first two, which fill every screen. */
const CHAPTERS_BELOW = [
  <TdError key="td-error" />,
  <Advantage key="advantage" />,
  <ScoreFunction key="score-function" />,
  <Baseline key="baseline" />,
  <ActorCritic key="actor-critic" />,
  <Entropy key="entropy" />,
  <NStep key="n-step" />,
  <ManyActors key="many-actors" />,
  <PushAndPull key="push-and-pull" />,
  <Staleness key="staleness" />,
  <A2cAndGa3c key="a2c-and-ga3c" />,
  <Ppo key="ppo" />,
  <Notebook key="notebook" />,
  <SourceList key="sources" />,
];

/** One after the other: setting the equations of all at once would hold the page up for long. */
function Chapters() {
  const [count, setCount] = useState(0);
  const shown = useRef<{ hash: string; top: number } | null>(null);
  useEffect(() => {
    if (count < CHAPTERS_BELOW.length) startTransition(() => setCount(count + 1));
  }, [count]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each chapter may be the one
  useLayoutEffect(() => {
    // The page arrived after its address: what it names is there only now. Again with what comes
    // below it, without which it can't get to the top; not if somebody has scrolled meanwhile.
    const { hash } = window.location;
    const named = hash === "" ? null : document.getElementById(hash.slice(1));
    if (named === null) return;
    const isLeft = shown.current !== null && topOf(named) !== shown.current.top;
    if (shown.current?.hash === hash && isLeft) return;
    named.scrollIntoView();
    shown.current = { hash, top: topOf(named) };
  }, [count]);
  return CHAPTERS_BELOW.slice(0, count);
}

function topOf(element: HTMLElement): number {
  return Math.round(element.getBoundingClientRect().top);
}

function RunTrouble({ error, isAsked }: { error: unknown; isAsked: boolean }) {
  const isMissing = error instanceof ApiProblem && (error.status === 404 || error.status === 422);
  return (
    <p className={styles.trouble} role="alert">
      {isMissing && isAsked
        ? "The run that the address names is not there. "
        : `Numbers of a run can't be shown: ${describeError(error)} `}
      The pictures below show example numbers.{" "}
      {isAsked && (
        <Link to="/learn" search={{}}>
          Take the newest run
        </Link>
      )}
    </p>
  );
}
