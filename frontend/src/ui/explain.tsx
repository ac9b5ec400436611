/** The small ⓘ that explains a number: meaning, what good looks like, equation, source. */

import { ActionIcon, Popover } from "@mantine/core";
import { Equation } from "./equation";
import styles from "./explain.module.css";
import { Icon } from "./icons";

export interface Explanation {
  readonly title: string;
  readonly meaning: string;
  readonly guidance: string;
  readonly equation: string;
  /** Name and value, a line each. */
  readonly facts: readonly (readonly [string, string])[];
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
      </Popover.Dropdown>
    </Popover>
  );
}
