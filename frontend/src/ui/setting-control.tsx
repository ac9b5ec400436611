/** One hyperparameter: its name, what it means, and the control that fits its kind. */

import { ActionIcon, SegmentedControl, Switch, Tooltip } from "@mantine/core";
import { type ReactNode, useId, useState } from "react";
import type { HyperparameterDefinition, Scalar, Setting } from "../api/types";
import { formatSetting } from "../format/numbers";
import { describeSetting } from "../format/settings";
import { Explain, type Explanation } from "./explain";
import { Icon } from "./icons";
import { MathSymbol } from "./math-symbol";
import { NumberBox } from "./number-box";
import { RangeSlider } from "./range-slider";
import { ScheduleEditor } from "./schedule-editor";
import styles from "./setting-control.module.css";
import type { SliderRange } from "./slider-scale";

interface SettingControlProps {
  readonly definition: HyperparameterDefinition;
  readonly setting: Setting;
  /** What the setting is worth now; differs from it while a schedule runs. */
  readonly value: Scalar;
  /** Where the run is, at the moment of asking. */
  readonly envStepNow: () => number;
  /** Where double-click and the reset button lead: the preset's value, or the catalogue's. */
  readonly defaultSetting: Setting;
  readonly disabled?: boolean;
  readonly error: string | null;
  readonly footer?: ReactNode;
  readonly onCommit: (setting: Setting) => void;
}

const NARROW_CHOICE_LETTERS = 18;

export function SettingControl(props: SettingControlProps) {
  const { definition, setting, envStepNow, defaultSetting, disabled = false, error } = props;
  const { footer, onCommit } = props;
  // While the slider moves, the box beside it shows where it would land.
  const [moving, setMoving] = useState<number | null>(null);
  const value = moving ?? props.value;
  const errorId = useId();
  const isNumeric = definition.kind === "number" || definition.kind === "integer";
  const isDefault = describeSetting(setting) === describeSetting(defaultSetting);
  // Beside the label there is room for a few short words.
  const isWide = definition.choices.join("").length > NARROW_CHOICE_LETTERS;
  const choice = (
    <SegmentedControl
      aria-label={definition.label}
      size="xs"
      fullWidth={isWide}
      disabled={disabled}
      data={definition.choices.map((each) => ({ value: each, label: each.replaceAll("_", " ") }))}
      value={String(setting)}
      onChange={onCommit}
    />
  );
  return (
    <fieldset
      className={styles.control}
      disabled={disabled}
      aria-describedby={error === null ? undefined : errorId}
      data-invalid={error !== null || undefined}
      data-explain={`setting.${definition.name}`}
    >
      <legend className="visually-hidden">{definition.label}</legend>
      <div className={styles.head}>
        <span className={styles.label}>{definition.label}</span>
        <MathSymbol latex={definition.symbol} />
        <Explain explanation={explain(definition)} />
        <span className={styles.tools}>
          {!isDefault && (
            <Tooltip label={`Back to ${describeSetting(defaultSetting)}`}>
              <ActionIcon
                size={24}
                aria-label={`Reset ${definition.label}`}
                disabled={disabled}
                onClick={() => onCommit(defaultSetting)}
              >
                <Icon name="reset" size={13} />
              </ActionIcon>
            </Tooltip>
          )}
          {definition.schedulable && (
            <ScheduleEditor
              label={definition.label}
              unit={definition.unit}
              setting={setting}
              value={value}
              envStepNow={envStepNow}
              disabled={disabled}
              onCommit={onCommit}
            />
          )}
          {isNumeric && (
            <NumberBox
              value={Number(value)}
              label={definition.label}
              disabled={disabled}
              onCommit={onCommit}
            />
          )}
          {definition.kind === "switch" && (
            <Switch
              aria-label={definition.label}
              checked={setting === true}
              disabled={disabled}
              onChange={(event) => onCommit(event.currentTarget.checked)}
            />
          )}
          {definition.kind === "choice" && !isWide && choice}
        </span>
      </div>
      {isWide && choice}
      {isNumeric && (
        <RangeSlider
          value={Number(props.value)}
          range={sliderRange(definition)}
          label={`${definition.label}, slider`}
          text={(number) => sliderText(definition, number)}
          {...(typeof defaultSetting === "number" ? { defaultValue: defaultSetting } : {})}
          disabled={disabled}
          onMove={setMoving}
          onCommit={onCommit}
        />
      )}
      {footer !== undefined && <div className={styles.footer}>{footer}</div>}
      {error !== null && (
        <p id={errorId} className={styles.error} role="alert">
          {error}
        </p>
      )}
    </fieldset>
  );
}

export function sliderRange(definition: HyperparameterDefinition): SliderRange {
  return {
    scale: definition.scale,
    minimum: definition.minimum ?? 0,
    maximum: definition.maximum ?? 1,
    zeroAllowed: definition.zero_label !== null,
    integer: definition.kind === "integer",
  };
}

function sliderText(definition: HyperparameterDefinition, value: number): string {
  if (value === 0 && definition.zero_label !== null) return `0: ${definition.zero_label}`;
  return [formatSetting(value), definition.unit].join(" ").trim();
}

function explain(definition: HyperparameterDefinition): Explanation {
  const { minimum, maximum, unit, zero_label: zeroLabel } = definition;
  const facts: [string, string][] = [];
  if (minimum !== null && maximum !== null) {
    const range = `${formatSetting(minimum)} to ${formatSetting(maximum)}`;
    facts.push(["range", [range, unit].join(" ").trim()]);
  }
  if (zeroLabel !== null) facts.push(["0 means", zeroLabel]);
  facts.push(["default", describeSetting(definition.default)]);
  if (definition.default_continuous !== null) {
    const text = describeSetting(definition.default_continuous);
    facts.push(["where actions are numbers", text]);
  }
  facts.push(["takes effect", definition.takes_effect]);
  facts.push(["source", definition.source]);
  return {
    title: definition.label,
    meaning: definition.meaning,
    guidance: definition.guidance,
    equation: definition.equation,
    facts,
    name: definition.name,
  };
}
