/** A slider that says every value on its way, for things that cost nothing to try. */

import type { ReactNode } from "react";
import { formatSetting } from "../../../format/numbers";
import { RangeSlider } from "../../../ui/range-slider";
import { Knob } from "./widget";

interface LiveSliderProps {
  readonly label: string;
  /** Typeset; left out: the label. */
  readonly shown?: ReactNode;
  readonly value: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly isWhole?: boolean;
  readonly isLog?: boolean;
  readonly text?: (value: number) => string;
  readonly onChange: (value: number) => void;
}

export function LiveSlider(props: LiveSliderProps) {
  const { label, shown, value, minimum, maximum, isWhole = false, isLog = false, onChange } = props;
  const { text = formatSetting } = props;
  return (
    <Knob label={shown ?? label} value={text(value)}>
      <RangeSlider
        label={label}
        value={value}
        range={{
          scale: isLog ? "log2" : "linear",
          minimum,
          maximum,
          zeroAllowed: false,
          integer: isWhole,
        }}
        text={text}
        onMove={(next) => {
          if (next !== null) onChange(next);
        }}
        onCommit={onChange}
      />
    </Knob>
  );
}
