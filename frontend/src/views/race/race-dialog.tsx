/** The form of a race, over the page that offers it. */

import { Modal } from "@mantine/core";
import { RaceForm } from "./race-form";

interface RaceDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function RaceDialog({ isOpen, onClose }: RaceDialogProps) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      size="lg"
      title="Race"
      closeButtonProps={{ "aria-label": "Close" }}
    >
      <RaceForm onStarted={onClose} />
    </Modal>
  );
}
