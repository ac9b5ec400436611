/** A window over the page. Closed in whatever way, the focus goes back to where it was. */

import { Modal } from "@mantine/core";
import { type ReactNode, useEffect, useState } from "react";

interface DialogProps {
  /** False only where it stays in the tree while it is closed. */
  readonly isOpen?: boolean;
  readonly title: string;
  readonly size?: "lg" | "full";
  /** It holds what is shown only once: it closes by its own button alone. */
  readonly isHeld?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export function Dialog(props: DialogProps) {
  const { isOpen = true, title, size, isHeld = false, onClose, children } = props;
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
      {...(size === "full" ? { fullScreen: true } : {})}
      {...(size === "lg" ? { size } : {})}
      closeOnClickOutside={!isHeld}
      closeOnEscape={!isHeld}
      withCloseButton={!isHeld}
      closeButtonProps={{ "aria-label": "Close" }}
    >
      {children}
    </Modal>
  );
}
