/** Controls that every toolbar over a chart has: smoothing, and things to switch on and off. */

import { Button, Tooltip } from "@mantine/core";
import { useState } from "react";
import { MOST_SMOOTHING } from "../live/ema";
import { RangeSlider } from "../ui/range-slider";
import type { SliderRange } from "../ui/slider-scale";
import styles from "./chart-controls.module.css";

export const SYMLOG_HINT = "Symmetric log scale: small and large values, negative ones too";

const SMOOTHING_RANGE: SliderRange = {
  scale: "one_minus_log",
  minimum: 0.01,
  maximum: MOST_SMOOTHING,
  zeroAllowed: true,
  integer: false,
};

interface SmoothingProps {
  readonly value: number;
  readonly defaultValue: number;
  readonly onCommit: (value: number) => void;
}

export function SmoothingControl({ value, defaultValue, onCommit }: SmoothingProps) {
  const [moving, setMoving] = useState<number | null>(null);
  return (
    <div className={styles.smoothing}>
      <span aria-hidden="true">smoothing</span>
      <RangeSlider
        label="smoothing"
        value={value}
        range={SMOOTHING_RANGE}
        defaultValue={defaultValue}
        text={(each) => String(each)}
        onMove={setMoving}
        onCommit={onCommit}
      />
      <output>{moving ?? value}</output>
    </div>
  );
}

interface ToggleProps {
  readonly label: string;
  readonly hint: string;
  readonly isOn: boolean;
  readonly onToggle: (isOn: boolean) => void;
}

export function ToggleButton({ label, hint, isOn, onToggle }: ToggleProps) {
  return (
    <Tooltip label={hint}>
      <Button aria-pressed={isOn} className={styles.toggle} onClick={() => onToggle(!isOn)}>
        {label}
      </Button>
    </Tooltip>
  );
}
