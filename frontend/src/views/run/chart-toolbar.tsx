/** How the charts are looked at: x axis, smoothing, scale, zoom, export. */

import { ActionIcon, Button, SegmentedControl, Tooltip } from "@mantine/core";
import { exportUrl } from "../../api/queries";
import { AXES, axisLabel } from "../../charts/axes";
import { SmoothingControl, SYMLOG_HINT, ToggleButton } from "../../charts/chart-controls";
import type { ChartSubject } from "../../charts/chart-subject";
import { ExportMenu } from "../../charts/export-menu";
import type { RunStore } from "../../live/run-store";
import { Icon } from "../../ui/icons";
import { useTimeUnit } from "../../ui/preferences";
import styles from "./charts.module.css";
import { DEFAULT_SMOOTHING, type RunSearch, scaledZoom, withZoom, zoomOf } from "./view-state";

interface ToolbarProps {
  readonly store: RunStore;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
  readonly subject: () => ChartSubject;
}

export function ChartToolbar({ store, search, onSearch, subject }: ToolbarProps) {
  const zoom = zoomOf(search);
  const unit = useTimeUnit();
  const scaleBy = (factor: number) => {
    const { xMin, xMax } = store.charts;
    onSearch(withZoom(search, scaledZoom(zoom, factor, [xMin, xMax])));
  };
  return (
    <div className={styles.toolbar} data-explain="control.view">
      <SegmentedControl
        size="xs"
        aria-label="x axis"
        data={AXES.map((axis) => ({ value: axis, label: axisLabel(axis, unit) }))}
        value={search.x ?? "env_step"}
        onChange={(x) => {
          // Said in the address even where it is the page's default: it may not be the reader's.
          onSearch({ ...withZoom(search, null), x });
        }}
      />
      <SmoothingControl
        value={search.smoothing ?? DEFAULT_SMOOTHING}
        defaultValue={DEFAULT_SMOOTHING}
        onCommit={(value) => {
          onSearch({ ...search, smoothing: value });
        }}
      />
      <ToggleButton
        label="log"
        hint={SYMLOG_HINT}
        isOn={search.scale === "symlog"}
        onToggle={(isOn) => {
          const { scale: _before, ...rest } = search;
          onSearch(isOn ? { ...rest, scale: "symlog" } : rest);
        }}
      />
      <span className={styles.zoom}>
        <Tooltip label="Zoom in (or drag on a chart)">
          <ActionIcon aria-label="Zoom in" onClick={() => scaleBy(0.5)}>
            <Icon name="plus" size={14} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label="Zoom out">
          <ActionIcon aria-label="Zoom out" disabled={zoom === null} onClick={() => scaleBy(2)}>
            <Icon name="minus" size={14} />
          </ActionIcon>
        </Tooltip>
        <Button
          leftSection={<Icon name="live" size={14} />}
          disabled={zoom === null}
          onClick={() => onSearch(withZoom(search, null))}
        >
          Live
        </Button>
      </span>
      <ExportMenu
        label="Export this chart"
        subject={subject}
        tables={[{ label: "All episodes, exact (CSV)", href: exportUrl(store.runId, "episodes") }]}
      />
    </div>
  );
}
