/** Where explanations stand: beside or under what they explain, and never out of the window. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface NotePlace extends Box {
  /** Lines of text that fit; 0: only a sign that there is an explanation. */
  readonly lines: number;
}

const SIGN_PX = 22;

const LINE_PX = 16;
const PADDING_PX = 10;
/** Of what is explained: a wider thing has room for its explanation within itself. */
const ROOMY = { width: 190, height: 44 };
const MARGIN_PX = 4;
const SMALLEST_NOTE_PX = 92;
const LINES_BELOW = 2;
const CARD_GAP = 16;

/**
 * Of all short notes. One that would cover another small thing is only a sign at its own: on a
 * phone, header figures stand close together.
 */
export function notePlaces(
  things: readonly (Box | null)[],
  window: Size,
): readonly (NotePlace | null)[] {
  return things.map((thing, i) => {
    if (thing === null) return null;
    const place = notePlace(thing, window);
    if (isRoomy(thing)) return place;
    const isInTheWay = things.some(
      (other, j) => j !== i && other !== null && !isRoomy(other) && overlaps(place, other),
    );
    if (!isInTheWay) return place;
    const left = thing.left + thing.width - SIGN_PX;
    return { left, top: thing.top, width: SIGN_PX, height: SIGN_PX, lines: 0 };
  });
}

function isRoomy({ width, height }: Box): boolean {
  return width >= ROOMY.width && height >= ROOMY.height;
}

function overlaps(a: Box, b: Box): boolean {
  return (
    a.left < b.left + b.width &&
    b.left < a.left + a.width &&
    a.top < b.top + b.height &&
    b.top < a.top + a.height
  );
}

/** Of a short note: over the lower half of a large thing, under a small one. */
export function notePlace(thing: Box, window: Size): NotePlace {
  if (isRoomy(thing)) {
    const room = Math.max(thing.height * 0.45, thing.height - 150);
    const lines = Math.max(1, Math.min(4, Math.floor((room - PADDING_PX) / LINE_PX)));
    const height = lines * LINE_PX + PADDING_PX;
    return {
      left: thing.left + MARGIN_PX,
      top: thing.top + thing.height - height - MARGIN_PX,
      width: Math.min(thing.width - 2 * MARGIN_PX, 460),
      height,
      lines,
    };
  }
  const width = Math.min(
    Math.max(thing.width, SMALLEST_NOTE_PX),
    window.width - 2 * MARGIN_PX,
    360,
  );
  return {
    left: Math.max(MARGIN_PX, Math.min(thing.left, window.width - width - MARGIN_PX)),
    top: thing.top + thing.height,
    width,
    height: LINES_BELOW * LINE_PX + PADDING_PX,
    lines: LINES_BELOW,
  };
}

/** Of the large card: on the side with the most room, as near as that allows. */
export function cardPlace(
  thing: Box | null,
  card: Size,
  window: Size,
): { left: number; top: number } {
  const middle = {
    left: Math.max(0, (window.width - card.width) / 2),
    top: Math.max(0, (window.height - card.height) / 2),
  };
  if (thing === null) return middle;
  const right = thing.left + thing.width;
  const bottom = thing.top + thing.height;
  const within = (at: number, size: number, most: number) =>
    Math.max(CARD_GAP, Math.min(at, most - size - CARD_GAP));
  const left = within(thing.left, card.width, window.width);
  const top = within(thing.top, card.height, window.height);
  const sides = [
    { room: window.height - bottom - card.height, left, top: bottom + CARD_GAP },
    { room: window.width - right - card.width, left: right + CARD_GAP, top },
    { room: thing.left - card.width, left: thing.left - card.width - CARD_GAP, top },
    { room: thing.top - card.height, left, top: thing.top - card.height - CARD_GAP },
  ];
  const fitting = sides.find(({ room }) => room >= 2 * CARD_GAP);
  // No side has room: over the thing, at the foot of the window.
  return fitting ?? { left: middle.left, top: within(window.height, card.height, window.height) };
}
