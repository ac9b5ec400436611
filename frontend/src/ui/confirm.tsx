/** Asks before something that can't be taken back, and says what is kept. */

import { Button, Group, Modal } from "@mantine/core";
import type { ReactNode } from "react";

interface ConfirmProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly action: string;
  readonly isOpen: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function Confirm({ title, children, action, isOpen, onConfirm, onClose }: ConfirmProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {children}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button onClick={onClose} data-autofocus>
          Keep it
        </Button>
        <Button
          variant="filled"
          color="var(--bad)"
          onClick={() => {
            onClose();
            onConfirm();
          }}
        >
          {action}
        </Button>
      </Group>
    </Modal>
  );
}
