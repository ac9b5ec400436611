/** How a run's life is told in words: its place in the queue, how often it was started again. */

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
export function formatOrdinal(number: number): string {
  const isTeen = number % 100 >= 11 && number % 100 <= 13;
  const ending = isTeen ? undefined : { 1: "st", 2: "nd", 3: "rd" }[number % 10];
  return `${number}${ending ?? "th"}`;
}

/** "3rd in line". */
export function formatQueuePlace(position: number): string {
  return position === 1 ? "next in line" : `${formatOrdinal(position)} in line`;
}

/** "restarted once", "restarted 4 times". */
export function formatRestarts(restarts: number): string {
  const often = { 1: "once", 2: "twice" }[restarts];
  return `restarted ${often ?? `${restarts} times`}`;
}
