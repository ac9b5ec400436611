/**
 * A button that exists in every state: where it does not apply it stays reachable and says why,
 * and while its command is on the way it shows that.
 */

import { Button, Loader, Tooltip } from "@mantine/core";
import { useId } from "react";
import styles from "./action-button.module.css";
import { Icon, type IconName } from "./icons";

interface ActionButtonProps {
  readonly icon: IconName;
  readonly label: string;
  /** Single key that does the same. */
  readonly shortcut?: string;
  /** Why it can't be used now; null if it can. */
  readonly unavailable: string | null;
  readonly isPending: boolean;
  readonly isPrimary?: boolean;
  readonly isDangerous?: boolean;
  readonly onClick: () => void;
}

export function ActionButton(props: ActionButtonProps) {
  const { icon, label, shortcut, unavailable, isPending, onClick } = props;
  const reasonId = useId();
  const isOff = unavailable !== null || isPending;
  const hint = unavailable ?? (shortcut === undefined ? null : `${label} (${shortcut})`);
  return (
    <Tooltip label={hint} disabled={hint === null}>
      <Button
        variant={props.isPrimary === true && unavailable === null ? "filled" : "default"}
        className={styles.button}
        data-danger={props.isDangerous === true || undefined}
        data-off={isOff || undefined}
        aria-disabled={isOff}
        aria-busy={isPending}
        aria-describedby={unavailable === null ? undefined : reasonId}
        aria-keyshortcuts={shortcut === "space" ? "Space" : shortcut}
        leftSection={
          isPending ? <Loader size={12} color="currentColor" /> : <Icon name={icon} size={14} />
        }
        onClick={() => {
          if (!isOff) onClick();
        }}
      >
        {label}
        {unavailable !== null && (
          <span id={reasonId} className="visually-hidden">
            {unavailable}
          </span>
        )}
      </Button>
    </Tooltip>
  );
}
