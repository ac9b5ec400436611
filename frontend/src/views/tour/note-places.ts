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

/** As large as a thumb needs it. */
export const SIGN_PX = 24;
const MARGIN_PX = 2;
const OVER_PX = 4;
const CARD_GAP = 16;

/** Of the sign at something: left of its upper corner, where it covers no words. */
export function signPlace(thing: Box, window: Size): { left: number; top: number } {
  const within = (at: number, most: number) =>
    Math.max(MARGIN_PX, Math.min(at, most - SIGN_PX - MARGIN_PX));
  return {
    left: within(thing.left - SIGN_PX + OVER_PX, window.width),
    top: within(thing.top - SIGN_PX / 2, window.height),
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
