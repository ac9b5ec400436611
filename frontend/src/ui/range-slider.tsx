/** A slider on a native range input: keyboard, touch and screen readers come with it. */

import { type CSSProperties, useEffect, useRef, useState } from "react";
import styles from "./range-slider.module.css";
import { nudge, type SliderRange, toPosition, toValue } from "./slider-scale";

const SMALL_STEP = 1;
const LARGE_STEP = 10;

interface RangeSliderProps {
  readonly value: number;
  readonly range: SliderRange;
  readonly label: string;
  readonly text: (value: number) => string;
  readonly defaultValue?: number;
  readonly disabled?: boolean;
  /** While it moves; null when it has come to rest. */
  readonly onMove?: (value: number | null) => void;
  /** Once, when it has been let go. */
  readonly onCommit: (value: number) => void;
}

export function RangeSlider(props: RangeSliderProps) {
  const { value, range, label, text, defaultValue, disabled = false, onMove, onCommit } = props;
  const [moving, setMoving] = useState<number | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const shown = moving ?? value;
  const position = toPosition(shown, range);

  const move = (next: number) => {
    setMoving(next);
    onMove?.(next);
  };
  const commit = () => {
    if (moving === null) return;
    setMoving(null);
    onMove?.(null);
    if (moving !== value) onCommit(moving);
  };

  // React's onChange is the DOM's "input"; letting go with the pointer is the DOM's "change".
  const commitRef = useRef(commit);
  commitRef.current = commit;
  useEffect(() => {
    const element = input.current;
    const onChange = () => commitRef.current();
    element?.addEventListener("change", onChange);
    return () => element?.removeEventListener("change", onChange);
  }, []);

  return (
    <span
      className={styles.slider}
      style={
        {
          "--position": position,
          "--default": defaultValue === undefined ? 0 : toPosition(defaultValue, range),
        } as CSSProperties
      }
    >
      <span className={styles.track} aria-hidden="true" />
      {defaultValue !== undefined && <span className={styles.default} aria-hidden="true" />}
      <input
        ref={input}
        type="range"
        className={styles.input}
        min={0}
        max={1}
        step="any"
        value={position}
        disabled={disabled}
        aria-label={label}
        aria-valuetext={text(shown)}
        onChange={(event) => move(toValue(event.currentTarget.valueAsNumber, range))}
        onKeyDown={(event) => {
          const next = keyTarget(event.key, shown, range);
          if (next === null) return;
          event.preventDefault();
          move(next);
        }}
        onKeyUp={commit}
        onBlur={commit}
        onDoubleClick={() => {
          if (defaultValue === undefined || disabled) return;
          setMoving(null);
          onMove?.(null);
          if (defaultValue !== value) onCommit(defaultValue);
        }}
      />
    </span>
  );
}

function keyTarget(key: string, value: number, range: SliderRange): number | null {
  switch (key) {
    case "ArrowRight":
    case "ArrowUp":
      return nudge(value, SMALL_STEP, range);
    case "ArrowLeft":
    case "ArrowDown":
      return nudge(value, -SMALL_STEP, range);
    case "PageUp":
      return nudge(value, LARGE_STEP, range);
    case "PageDown":
      return nudge(value, -LARGE_STEP, range);
    case "Home":
      return toValue(0, range);
    case "End":
      return toValue(1, range);
    default:
      return null;
  }
}
