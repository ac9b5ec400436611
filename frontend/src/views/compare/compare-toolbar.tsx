/** How a comparison is looked at: x axis, smoothing, what makes a curve, threshold, export. */

import { Button, SegmentedControl, Select, TextInput, Tooltip } from "@mantine/core";
import { useState } from "react";
import { axisLabel } from "../../charts/axes";
import { SmoothingControl, SYMLOG_HINT, ToggleButton } from "../../charts/chart-controls";
import type { ChartSubject } from "../../charts/chart-subject";
import { ExportMenu, type ExportTable } from "../../charts/export-menu";
import { formatSetting, parseNumber } from "../../format/numbers";
import { Icon } from "../../ui/icons";
import { useTimeUnit } from "../../ui/preferences";
import styles from "../run/charts.module.css";
import {
  COMPARE_AXES,
  type CompareSearch,
  DEFAULT_SMOOTHING,
  withParts,
  withZoomIn,
  zoomIn,
} from "./compare-search";
import type { Gathering } from "./gathering";

const GATHERED: readonly { value: Gathering; label: string }[] = [
  { value: "setting", label: "same settings" },
  { value: "group", label: "group" },
  { value: "algorithm", label: "algorithm" },
  { value: "run", label: "each run" },
];

interface CompareToolbarProps {
  readonly search: CompareSearch;
  readonly onSearch: (search: CompareSearch) => void;
  /** The one that is drawn now. */
  readonly threshold: number | null;
  /** Runs that were steered or forked. */
  readonly steered: number;
  readonly subject: () => ChartSubject;
  readonly tables: readonly ExportTable[];
}

export function CompareToolbar(props: CompareToolbarProps) {
  const { search, onSearch, threshold, steered, subject, tables } = props;
  const unit = useTimeUnit();
  return (
    <div className={styles.toolbar} data-explain="control.compare">
      <SegmentedControl
        size="xs"
        aria-label="x axis"
        data={COMPARE_AXES.map((axis) => ({ value: axis, label: axisLabel(axis, unit) }))}
        value={search.x ?? "env_step"}
        onChange={(x) => {
          const axis = COMPARE_AXES.find((each) => each === x);
          onSearch(withParts(withZoomIn(search, null), { x: axis }));
        }}
      />
      <SmoothingControl
        value={search.smoothing ?? DEFAULT_SMOOTHING}
        defaultValue={DEFAULT_SMOOTHING}
        onCommit={(value) => onSearch(withParts(search, { smoothing: value }))}
      />
      <Select
        aria-label="Runs that make one curve"
        leftSection={<span className={styles.prefix}>by</span>}
        w={150}
        data={GATHERED.map((each) => ({ ...each }))}
        value={search.by ?? "setting"}
        onChange={(value) =>
          onSearch(withParts(search, { by: GATHERED.find((each) => each.value === value)?.value }))
        }
      />
      <ThresholdBox
        key={threshold ?? "none"}
        threshold={threshold}
        isChosen={search.threshold !== undefined}
        onChoose={(value) => onSearch(withParts(search, { threshold: value }))}
      />
      <ToggleButton
        label="seeds"
        hint="Each seed as a thin line"
        isOn={search.seeds !== "off"}
        onToggle={(isOn) => onSearch(withParts(search, { seeds: isOn ? undefined : "off" }))}
      />
      {steered > 0 && (
        <ToggleButton
          label="steered in"
          hint={`${steered === 1 ? "One run was" : `${steered} runs were`} steered by hand or forked: count such runs for the means, too`}
          isOn={search.steered === "in"}
          onToggle={(isOn) => onSearch(withParts(search, { steered: isOn ? "in" : undefined }))}
        />
      )}
      <ToggleButton
        label="log"
        hint={SYMLOG_HINT}
        isOn={search.scale === "symlog"}
        onToggle={(isOn) => onSearch(withParts(search, { scale: isOn ? "symlog" : undefined }))}
      />
      <Button
        leftSection={<Icon name="live" size={14} />}
        disabled={zoomIn(search) === null}
        onClick={() => onSearch(withZoomIn(search, null))}
      >
        Whole
      </Button>
      <ExportMenu label="Export this comparison" subject={subject} tables={tables} />
    </div>
  );
}

interface ThresholdBoxProps {
  readonly threshold: number | null;
  /** By a person, and not the one that all runs have. */
  readonly isChosen: boolean;
  /** Undefined: the one that all runs have. */
  readonly onChoose: (threshold: number | undefined) => void;
}

function ThresholdBox({ threshold, isChosen, onChoose }: ThresholdBoxProps) {
  const written = threshold === null ? "" : formatSetting(threshold);
  const [text, setText] = useState(written);
  const number = parseNumber(text);
  const isWrong = text.trim() !== "" && number === null;
  const commit = () => {
    if (isWrong || text === written) return;
    onChoose(number ?? undefined);
  };
  return (
    <Tooltip
      label={
        isChosen
          ? "Chosen here; empty it for the one that all runs have"
          : "What counts as solved for all runs; another one is looked up in their records"
      }
    >
      <TextInput
        w={110}
        aria-label="Reward threshold"
        leftSection={<Icon name="flag" size={13} />}
        placeholder="threshold"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        error={isWrong}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit();
          if (event.key === "Escape") setText(written);
        }}
      />
    </Tooltip>
  );
}
