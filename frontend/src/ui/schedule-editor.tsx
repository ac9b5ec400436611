/** The small editor behind a setting's curve button: constant, a ramp, or steps. */

import { ActionIcon, Button, Popover, SegmentedControl, TextInput, Tooltip } from "@mantine/core";
import { useState } from "react";
import type { Scalar, Setting } from "../api/types";
import { Icon } from "./icons";
import {
  type DraftPoint,
  openDraft,
  readDraft,
  SCHEDULE_KINDS,
  type ScheduleDraft,
  untilText,
} from "./schedule-draft";
import styles from "./schedule-editor.module.css";
import { SchedulePreview } from "./schedule-preview";

interface ScheduleEditorProps {
  readonly label: string;
  readonly unit: string;
  readonly setting: Setting;
  readonly value: Scalar;
  readonly envStepNow: () => number;
  readonly disabled: boolean;
  readonly onCommit: (setting: Setting) => void;
}

export function ScheduleEditor(props: ScheduleEditorProps) {
  const { label, unit, setting, value, envStepNow, disabled, onCommit } = props;
  const [draft, setDraft] = useState<ScheduleDraft | null>(null);
  // The picture stands still while somebody edits it.
  const [envStep, setEnvStep] = useState(0);
  const isScheduled = typeof setting === "object";
  const close = () => setDraft(null);
  return (
    <Popover
      opened={draft !== null}
      onChange={(isOpen) => !isOpen && close()}
      position="bottom-end"
      width={330}
      trapFocus
      returnFocus
      withinPortal
    >
      <Popover.Target>
        <Tooltip label={isScheduled ? "Edit the schedule" : "Follow a schedule"}>
          <ActionIcon
            size={24}
            disabled={disabled}
            data-active={isScheduled || undefined}
            className={styles.open}
            aria-label={`Schedule of ${label}`}
            onClick={() => {
              const now = envStepNow();
              setEnvStep(now);
              setDraft(draft === null ? openDraft(setting, value, now) : null);
            }}
          >
            <Icon name="curve" size={14} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown aria-label={`Schedule of ${label}`}>
        {draft !== null && (
          <DraftForm
            label={label}
            unit={unit}
            envStep={envStep}
            draft={draft}
            envStepNow={envStepNow}
            onChange={setDraft}
            onCommit={(next) => {
              close();
              onCommit(next);
            }}
          />
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

interface DraftFormProps {
  readonly label: string;
  readonly unit: string;
  readonly envStep: number;
  readonly draft: ScheduleDraft;
  readonly envStepNow: () => number;
  readonly onChange: (draft: ScheduleDraft) => void;
  readonly onCommit: (setting: Setting) => void;
}

function DraftForm(props: DraftFormProps) {
  const { label, unit, envStep, draft, envStepNow, onChange, onCommit } = props;
  const [complaint, setComplaint] = useState<string | null>(null);
  const read = readDraft(draft, envStep);
  const schedule = "setting" in read && typeof read.setting === "object" ? read.setting : null;
  const isRamp = draft.kind !== "constant" && draft.kind !== "piecewise";
  const field = (name: "from" | "to" | "over", text: string, placeholder = "") => (
    <TextInput
      label={text}
      placeholder={placeholder}
      inputMode="decimal"
      value={draft[name]}
      onChange={(event) => onChange({ ...draft, [name]: event.currentTarget.value })}
    />
  );
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        // The run has gone on since the editor was opened.
        const now = readDraft(draft, envStepNow());
        if ("missing" in now) setComplaint(now.missing);
        else onCommit(now.setting);
      }}
    >
      <SegmentedControl
        aria-label={`Kind of schedule of ${label}`}
        size="xs"
        fullWidth
        data={SCHEDULE_KINDS.map((kind) => ({ value: kind, label: kind }))}
        value={draft.kind}
        onChange={(kind) => onChange({ ...draft, kind })}
      />
      {draft.kind === "constant" && field("from", "Value")}
      {isRamp && (
        <div className={styles.ramp}>
          {field("from", "From")}
          {field("to", "To")}
          <TextInput
            label="Until env step"
            inputMode="decimal"
            value={untilText(draft, envStep)}
            onChange={(event) => onChange({ ...draft, until: event.currentTarget.value, over: "" })}
          />
          {envStep > 0 && field("over", "Or over the next env steps", "so many from now on")}
        </div>
      )}
      {draft.kind === "piecewise" && (
        <Points points={draft.points} onChange={(points) => onChange({ ...draft, points })} />
      )}
      {draft.kind !== "constant" && (
        <SchedulePreview schedule={schedule} envStep={envStep} unit={unit} />
      )}
      {isRamp && <p className={styles.note}>It begins at the env step at which it is applied.</p>}
      {complaint !== null && (
        <p className={styles.complaint} role="alert">
          {complaint}
        </p>
      )}
      <Button type="submit" variant="filled">
        Apply
      </Button>
    </form>
  );
}

interface PointsProps {
  readonly points: readonly DraftPoint[];
  readonly onChange: (points: readonly DraftPoint[]) => void;
}

function Points({ points, onChange }: PointsProps) {
  const change = (id: number, part: Partial<DraftPoint>) =>
    onChange(points.map((point) => (point.id === id ? { ...point, ...part } : point)));
  return (
    <div className={styles.points}>
      {points.map((point, i) => (
        <div key={point.id} className={styles.point}>
          <TextInput
            aria-label={`Point ${i + 1}: from env step`}
            leftSection="from"
            leftSectionWidth={40}
            inputMode="numeric"
            value={point.envStep}
            onChange={(event) => change(point.id, { envStep: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`Point ${i + 1}: value`}
            inputMode="decimal"
            value={point.value}
            onChange={(event) => change(point.id, { value: event.currentTarget.value })}
          />
          <ActionIcon
            aria-label={`Remove point ${i + 1}`}
            disabled={points.length === 1}
            onClick={() => onChange(points.filter(({ id }) => id !== point.id))}
          >
            <Icon name="close" size={13} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        leftSection={<Icon name="plus" size={13} />}
        onClick={() => {
          const last = points.at(-1);
          const id = Math.max(0, ...points.map((point) => point.id)) + 1;
          onChange([...points, { id, envStep: "", value: last?.value ?? "" }]);
        }}
      >
        Add a point
      </Button>
    </div>
  );
}
