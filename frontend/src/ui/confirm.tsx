/** Asks before something with consequences, and says what is kept. */

import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import { Dialog } from "./dialog";

interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  /** What the button says that leaves everything as it is. */
  readonly refusal?: string;
  /** False for what can be taken back. */
  readonly isDangerous?: boolean;
  readonly isOpen: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function Confirm(props: ConfirmProps) {
  const { title, children, action, isOpen, onConfirm, onClose } = props;
  const { refusal = "Keep it", isDangerous = true } = props;
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={title}>
      {children}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button onClick={onClose} data-autofocus>
          {refusal}
        </Button>
        <Button
          variant="filled"
          {...(isDangerous ? { color: "var(--bad)" } : {})}
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </Button>
      </Group>
    </Dialog>
  );
}
