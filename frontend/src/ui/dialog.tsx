/** A window over the page. Closed in whatever way, the focus goes back to where it was. */

import { Modal } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";

interface DialogProps {
  /** False only where it stays in the tree while it is closed. */
  readonly isOpen?: boolean;
  readonly title: string;
  readonly size?: "lg";
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog({ isOpen = true, title, size, onClose, children }: DialogProps) {
  // Mantine gives it back when `opened` becomes false, but not when the whole dialog goes.
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      const isNowhere = document.activeElement === document.body;
      if (isNowhere && before instanceof HTMLElement) before.focus({ preventScroll: true });
    },
    [before],
  );
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      {...(size === undefined ? {} : { size })}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {children}
    </Modal>
  );
}
