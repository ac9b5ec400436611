/** The form of a race, over the page that offers it. */

import { Dialog } from "../../ui/dialog";
import { RaceForm } from "./race-form";

interface RaceDialogProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function RaceDialog({ isOpen, onClose }: RaceDialogProps) {
  return (
    <Dialog isOpen={isOpen} onClose={onClose} size="lg" title="Race">
      <RaceForm onStarted={onClose} />
    </Dialog>
  );
}
