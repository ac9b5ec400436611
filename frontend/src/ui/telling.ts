/** Telling somebody who looks elsewhere: a notification of the desktop, and a sound. */

import { pathTo } from "../format/addresses";

export type Permission = "granted" | "denied" | "default" | "missing";

export function tellingPermission(): Permission {
  return "Notification" in window ? Notification.permission : "missing";
}

/** Asks; only from a click. */
export async function askToTell(): Promise<Permission> {
  if (!("Notification" in window)) return "missing";
  return Notification.requestPermission();
}

export interface Telling {
  readonly title: string;
  readonly text: string;
  /** A later one about the same replaces it. */
  readonly about: string;
  readonly onOpen: () => void;
}

export function tell({ title, text, about, onOpen }: Telling): void {
  if (tellingPermission() !== "granted") return;
  const shown = new Notification(title, { body: text, tag: about, icon: pathTo("/favicon.svg") });
  shown.onclick = () => {
    window.focus();
    shown.close();
    onOpen();
  };
}

const NOTES_HZ = [523.25, 783.99];
const NOTE_S = 0.16;
const LOUDNESS = 0.08;

/** Two short notes; browsers are silent until a page has been touched. */
export async function chime(): Promise<void> {
  const context = new AudioContext();
  try {
    await context.resume();
    NOTES_HZ.forEach((frequency, i) => {
      const begin = context.currentTime + i * NOTE_S;
      const gain = context.createGain();
      gain.gain.setValueAtTime(LOUDNESS, begin);
      gain.gain.exponentialRampToValueAtTime(0.001, begin + NOTE_S);
      const note = context.createOscillator();
      note.frequency.value = frequency;
      note.connect(gain).connect(context.destination);
      note.start(begin);
      note.stop(begin + NOTE_S);
    });
    await new Promise((resolve) => setTimeout(resolve, NOTES_HZ.length * NOTE_S * 1000 + 50));
  } finally {
    await context.close();
  }
}
