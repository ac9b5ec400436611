/** Offers to go back to before a risky change: one at a time, and never over what has the focus. */

import { Button, CloseButton } from "@mantine/core";
import { type FocusEvent, useEffect, useRef, useState } from "react";
import { useRunPart } from "../../live/hooks";
import type { RunStore } from "../../live/run-store";
import { Icon } from "../../ui/icons";
import { SeverityIcon } from "../../ui/severity";
import { useShortcut } from "../../ui/shortcuts";
import { rewindOffer } from "./rewind-offer";
import styles from "./rewind-toast.module.css";
import type { Rewinding } from "./use-rewind";

interface RewindToastProps {
  readonly store: RunStore;
  readonly rewinding: Rewinding;
  readonly labels: ReadonlyMap<string, string>;
}

export function RewindToast({ store, rewinding, labels }: RewindToastProps) {
  const risky = useRunPart(store, (view) => view.riskyChange);
  /** What the page knew when it was opened, or what was there when an offer was closed. */
  const [sinceSeq, setSinceSeq] = useState(() => store.view.cursor);
  const [isHeld, setHeld] = useState(false);
  const elsewhere = useRef<HTMLElement | null>(null);
  const toast = useRef<HTMLElement>(null);
  const offer = rewinding.unavailable === null ? rewindOffer(risky, labels, sinceSeq) : null;
  const key = offer?.key ?? null;
  const shownForMs = offer?.shownForMs ?? null;
  const newestSeq = Math.max(risky?.seq ?? 0, risky?.collapsedSeq ?? 0);

  useEffect(() => {
    if (key === null || shownForMs === null || isHeld) return;
    const timer = window.setTimeout(() => setSinceSeq(newestSeq), shownForMs);
    return () => window.clearTimeout(timer);
  }, [key, shownForMs, isHeld, newestSeq]);
  useEffect(() => {
    if (key === null) setHeld(false);
  }, [key]);
  const ask = () => {
    if (offer !== null && !rewinding.isPending(offer.target.id)) rewinding.ask(offer.target);
  };
  useShortcut("r", ask);

  const close = () => {
    if (toast.current?.contains(document.activeElement)) elsewhere.current?.focus();
    setSinceSeq(newestSeq);
  };
  const onFocus = (event: FocusEvent) => {
    const from = event.relatedTarget;
    if (from instanceof HTMLElement && !toast.current?.contains(from)) elsewhere.current = from;
    setHeld(true);
  };
  return (
    <div className={styles.place} aria-live="polite">
      {offer !== null && (
        <section
          ref={toast}
          className={styles.toast}
          data-tone={offer.tone}
          aria-label="A rewind is offered"
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(toast.current?.contains(document.activeElement) ?? false)}
          onFocus={onFocus}
          onBlur={() => setHeld(false)}
        >
          <SeverityIcon tone={offer.tone} />
          <div className={styles.words}>
            <p className={styles.title}>{offer.title}</p>
            <p>{offer.words}</p>
          </div>
          <Button
            leftSection={<Icon name="undo" size={13} />}
            aria-keyshortcuts="r"
            loading={rewinding.isPending(offer.target.id)}
            onClick={ask}
          >
            Rewind
          </Button>
          <CloseButton size="sm" aria-label="Close the offer" onClick={close} />
        </section>
      )}
    </div>
  );
}
