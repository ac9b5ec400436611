/** How the page looks, begins and tells; who may come in; what the server is and what it takes. */

import { Button, SegmentedControl, Switch, useMantineColorScheme } from "@mantine/core";
import { type ComponentProps, type ReactNode, useEffect } from "react";
import type { SeriesAxis } from "../../api/types";
import { AXES, axisLabel } from "../../charts/axes";
import { SmoothingControl } from "../../charts/chart-controls";
import { TIME_UNITS, type TimeUnit } from "../../format/durations";
import {
  type Appearance,
  DEFAULT_PREFERENCES,
  DENSITIES,
  type Density,
  type Motion,
  setPreferences,
  usePreferences,
} from "../../ui/preferences";
import { AccessSettings } from "./access-settings";
import { ServerFacts } from "./server-facts";
import styles from "./settings-page.module.css";
import { TellingSettings } from "./telling-settings";

const UNIT_LABELS: Readonly<Record<TimeUnit, string>> = {
  auto: "as it fits",
  seconds: "seconds",
  minutes: "minutes",
};

export function SettingsPage() {
  const chosen = usePreferences();
  const { setColorScheme } = useMantineColorScheme();
  useEffect(() => {
    document.title = "Settings · Matinee";
    return () => {
      document.title = "Matinee";
    };
  }, []);
  const isDefault = Object.entries(DEFAULT_PREFERENCES).every(
    ([name, value]) => chosen[name as keyof typeof chosen] === value,
  );
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <div>
          <h1>Settings</h1>
          <p className={styles.note}>Choices are kept in this browser, and in use at once.</p>
        </div>
        <Button
          disabled={isDefault}
          onClick={() => {
            setColorScheme(DEFAULT_PREFERENCES.appearance);
            setPreferences(DEFAULT_PREFERENCES);
          }}
        >
          Back to defaults
        </Button>
      </header>
      <Section title="Appearance">
        <Choice
          label="Colours"
          value={chosen.appearance}
          choices={[
            { value: "auto", label: "as the system" },
            { value: "light", label: "light" },
            { value: "dark", label: "dark" },
          ]}
          onChoose={(value) => setColorScheme(value as Appearance)}
        />
        <Choice
          label="Motion"
          note="Less of it where the system asks for less, in any case."
          value={chosen.motion}
          choices={[
            { value: "system", label: "as the system" },
            { value: "reduced", label: "reduced" },
          ]}
          onChoose={(value) => setPreferences({ motion: value as Motion })}
        />
        <Choice
          label="Charts"
          note="Compact ones are lower, and more of them stand in a row."
          value={chosen.density}
          choices={DENSITIES.map((value) => ({ value, label: value }))}
          onChoose={(value) => setPreferences({ density: value as Density })}
        />
        <Choice
          label="Training time"
          note="In figures, tables and time axes. CSV files have exact seconds, in any case."
          value={chosen.timeUnit}
          choices={TIME_UNITS.map((value) => ({ value, label: UNIT_LABELS[value] }))}
          onChoose={(value) => setPreferences({ timeUnit: value as TimeUnit })}
        />
        <Switch
          label="Single-key shortcuts; ? lists them"
          checked={chosen.shortcuts}
          onChange={(event) => setPreferences({ shortcuts: event.currentTarget.checked })}
        />
      </Section>
      <Section title="New views">
        <p className={styles.note}>
          How charts begin. An address that names an axis or a smoothing keeps it.
        </p>
        <Choice
          label="x axis"
          note="A comparison has no axis of updates: it begins with steps then."
          value={chosen.axis}
          choices={AXES.map((axis) => ({ value: axis, label: axisLabel(axis, chosen.timeUnit) }))}
          onChoose={(value) => setPreferences({ axis: value as SeriesAxis })}
        />
        <Smoothing
          label="Of a run"
          value={chosen.runSmoothing}
          defaultValue={DEFAULT_PREFERENCES.runSmoothing}
          onCommit={(runSmoothing) => setPreferences({ runSmoothing })}
        />
        <Smoothing
          label="Of a comparison"
          value={chosen.comparisonSmoothing}
          defaultValue={DEFAULT_PREFERENCES.comparisonSmoothing}
          onCommit={(comparisonSmoothing) => setPreferences({ comparisonSmoothing })}
        />
      </Section>
      <Section title="Tell me">
        <TellingSettings />
      </Section>
      <Section title="Access">
        <AccessSettings />
      </Section>
      <Section title="Server">
        <ServerFacts />
      </Section>
    </div>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = `settings-${title.replaceAll(" ", "-").toLowerCase()}`;
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <div className={styles.rows}>{children}</div>
    </section>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly note?: string;
  readonly value: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly onChoose: (value: string) => void;
}

function Choice({ label, note, value, choices, onChoose }: ChoiceProps) {
  return (
    <div className={styles.row}>
      <span className={styles.label} aria-hidden="true">
        {label}
      </span>
      <SegmentedControl
        size="xs"
        aria-label={label}
        data={choices.map((each) => ({ ...each }))}
        value={value}
        onChange={onChoose}
      />
      {note !== undefined && <span className={styles.note}>{note}</span>}
    </div>
  );
}

function Smoothing({
  label,
  ...control
}: { label: string } & ComponentProps<typeof SmoothingControl>) {
  return (
    <fieldset className={styles.row}>
      <legend className="visually-hidden">{label}</legend>
      <span className={styles.label} aria-hidden="true">
        {label}
      </span>
      <SmoothingControl {...control} />
    </fieldset>
  );
}
