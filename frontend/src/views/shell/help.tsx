/** Where the theory is, what the keys do, and how to turn them off. */

import { Kbd, Switch } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Dialog } from "../../ui/dialog";
import { setShortcutsEnabled, useShortcutsEnabled } from "../../ui/shortcuts";
import styles from "./help.module.css";

const KEYS = [
  ["Space", "pause or resume the run"],
  ["s", "one step: run a single update, then pause"],
  ["c", "save a checkpoint"],
  ["f", "fork the run"],
  ["r", "back to before a risky change, while that is offered"],
  ["n", "new run"],
  ["/", "filter the list of runs"],
  ["w", "what am I looking at: the page explains itself"],
  ["End", "charts follow the run again"],
  ["?", "this help"],
] as const;

const ON_CHARTS = [
  ["drag", "zoom into a stretch; all charts follow"],
  ["double-click", "back to the live view"],
] as const;

const IN_EXPLANATIONS = [
  ["→ PgDn", "the next thing, while one is explained at a time"],
  ["← PgUp", "the one before"],
  ["Esc", "the explanations end"],
] as const;

const IN_LISTS = [
  ["↑ ↓", "from run to run, on the page of all runs"],
  ["Space", "choose the run whose box has the focus"],
  ["Shift click", "choose all from the one chosen before"],
] as const;

const ON_SLIDERS = [
  ["← →", "small step"],
  ["PgUp PgDn", "large step"],
  ["double-click", "back to the default"],
] as const;

export function Help({ onClose }: { readonly onClose: () => void }) {
  const isEnabled = useShortcutsEnabled();
  return (
    <Dialog onClose={onClose} title="Help and shortcuts">
      <p className={styles.theory}>
        <Link to="/learn" onClick={onClose}>
          How it learns: the theory, with live numbers of a run
        </Link>
      </p>
      <KeyList title="Anywhere, except while typing" keys={KEYS} />
      <KeyList title="On charts" keys={ON_CHARTS} />
      <KeyList title="In the explanations of a page" keys={IN_EXPLANATIONS} />
      <KeyList title="In the list of all runs" keys={IN_LISTS} />
      <KeyList title="On sliders" keys={ON_SLIDERS} />
      <Switch
        mt="md"
        label="Single-key shortcuts"
        checked={isEnabled}
        onChange={(event) => setShortcutsEnabled(event.currentTarget.checked)}
      />
    </Dialog>
  );
}

function KeyList(props: { title: string; keys: readonly (readonly [string, string])[] }) {
  return (
    <section className={styles.section}>
      <h3>{props.title}</h3>
      <dl>
        {props.keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <Kbd size="xs">{key}</Kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
