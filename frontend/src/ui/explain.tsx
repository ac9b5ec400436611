/** The small ⓘ that explains a number: meaning, what good looks like, equation, source. */

import { ActionIcon, Popover } from "@mantine/core";
import { useLocation, useParams } from "@tanstack/react-router";
import { pathTo } from "../format/addresses";
import { chapterOf } from "../format/chapters";
import { Equation } from "./equation";
import styles from "./explain.module.css";
import { Icon } from "./icons";

const PATH = "/learn";

export interface Explanation {
  readonly title: string;
  readonly meaning: string;
  readonly guidance: string;
  readonly equation: string;
  /** Name and value, a line each. */
  readonly facts: readonly (readonly [string, string])[];
  /** As the catalogue has it: the theory may have a chapter about it. */
  readonly name?: string;
}

export function Explain({ explanation }: { explanation: Explanation }) {
  const { title, meaning, guidance, equation, facts } = explanation;
  return (
    <Popover width={320} position="bottom-start" withinPortal trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon size={20} aria-label={`What is ${title}?`} className={styles.button}>
          <Icon name="info" size={13} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={title} className={styles.card}>
        <h3>{title}</h3>
        <p>{meaning}</p>
        {equation !== "" && <Equation latex={equation} />}
        {guidance !== "" && <p className={styles.guidance}>{guidance}</p>}
        {facts.length > 0 && (
          <dl className={styles.facts}>
            {facts.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
        {explanation.name !== undefined && <TheoryLink name={explanation.name} />}
      </Popover.Dropdown>
    </Popover>
  );
}

/** In a tab of its own: what is being watched, or filled in, stays. */
function TheoryLink({ name }: { name: string }) {
  const { runId } = useParams({ strict: false });
  const { pathname } = useLocation();
  const chapter = chapterOf(name);
  if (chapter === null || pathname === PATH) return null;
  const run = runId === undefined ? "" : `?run=${encodeURIComponent(runId)}`;
  return (
    <p className={styles.theory}>
      <a href={`${pathTo(PATH)}${run}#${chapter.id}`} target="_blank" rel="noreferrer">
        The theory: {chapter.title}
        <span className="visually-hidden"> (in a new tab)</span>
      </a>
    </p>
  );
}
