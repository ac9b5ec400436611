/** How the charts are looked at: x axis, smoothing, scale, zoom, export. */

import { ActionIcon, Button, Menu, SegmentedControl, Tooltip } from "@mantine/core";
import type { RefObject } from "react";
import { exportUrl } from "../../api/queries";
import type { Run } from "../../api/types";
import { AXES, AXIS_LABELS } from "../../charts/axes";
import { SmoothingControl, SYMLOG_HINT, ToggleButton } from "../../charts/chart-controls";
import { downloadPng } from "../../charts/export-png";
import { downloadSvg } from "../../charts/export-svg";
import { returnChart } from "../../charts/return-scene";
import type { RunStore } from "../../live/run-store";
import { Icon } from "../../ui/icons";
import styles from "./charts.module.css";
import { DEFAULT_SMOOTHING, type RunSearch, scaledZoom, withZoom, zoomOf } from "./view-state";

interface ToolbarProps {
  readonly run: Run;
  readonly store: RunStore;
  readonly threshold: number | null;
  readonly search: RunSearch;
  readonly onSearch: (search: RunSearch) => void;
  readonly canvas: RefObject<HTMLCanvasElement | null>;
}

export function ChartToolbar({ run, store, threshold, search, onSearch, canvas }: ToolbarProps) {
  const zoom = zoomOf(search);
  const scaleBy = (factor: number) => {
    const { xMin, xMax } = store.charts;
    onSearch(withZoom(search, scaledZoom(zoom, factor, [xMin, xMax])));
  };
  return (
    <div className={styles.toolbar}>
      <SegmentedControl
        size="xs"
        aria-label="x axis"
        data={AXES.map((axis) => ({ value: axis, label: AXIS_LABELS[axis] }))}
        value={search.x ?? "env_step"}
        onChange={(x) => {
          const { x: _before, ...kept } = withZoom(search, null);
          onSearch(x === "env_step" ? kept : { ...kept, x });
        }}
      />
      <SmoothingControl
        value={search.smoothing ?? DEFAULT_SMOOTHING}
        defaultValue={DEFAULT_SMOOTHING}
        onCommit={(value) => {
          const { smoothing: _before, ...rest } = search;
          onSearch(value === DEFAULT_SMOOTHING ? rest : { ...rest, smoothing: value });
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
      <Menu position="bottom-end" width={230}>
        <Menu.Target>
          <ActionIcon aria-label="Export this chart">
            <Icon name="download" size={15} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            onClick={() => {
              if (canvas.current === null) return;
              downloadPng(canvas.current, `${run.name}: episode return`, `${run.id}-return.png`);
            }}
          >
            This picture (PNG)
          </Menu.Item>
          <Menu.Item
            onClick={() => {
              if (canvas.current === null) return;
              const isSymlog = search.scale === "symlog";
              const chart = returnChart(store, { threshold, zoom, isSymlog });
              const { clientWidth: width, clientHeight: height } = canvas.current;
              downloadSvg(
                {
                  ...chart,
                  title: `${run.name}: episode return`,
                  xLabel: AXIS_LABELS[search.x ?? "env_step"],
                  size: { width, height },
                },
                `${run.id}-return.svg`,
              );
            }}
          >
            This picture (SVG)
          </Menu.Item>
          <Menu.Item component="a" href={exportUrl(run.id, "episodes")} download>
            All episodes, exact (CSV)
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
