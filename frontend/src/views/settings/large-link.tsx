/** A link for a projector: to point a phone at, and to type. */

import { generate } from "lean-qr";
import { useMemo } from "react";
import { Dialog } from "../../ui/dialog";
import styles from "./large-link.module.css";
import { codePath } from "./qr-path";

interface LargeLinkProps {
  readonly address: string;
  readonly until: string;
  readonly onClose: () => void;
}

export function LargeLink({ address, until, onClose }: LargeLinkProps) {
  const code = useMemo(() => codePath(generate(address)), [address]);
  return (
    <Dialog title="Watch along" size="full" onClose={onClose}>
      <div className={styles.large}>
        <svg
          className={styles.code}
          viewBox={`0 0 ${code.size} ${code.size}`}
          role="img"
          aria-label="QR code of the link"
          shapeRendering="crispEdges"
        >
          <rect width={code.size} height={code.size} fill="#fff" />
          <path d={code.path} fill="#000" />
        </svg>
        <div className={styles.words}>
          <p className={styles.lead}>Point a phone at the square, or type:</p>
          <p className={styles.address}>{address}</p>
          <p className={styles.until}>You look on, live, {until}.</p>
        </div>
      </div>
    </Dialog>
  );
}
