/** Which chapter a reader is in. */

/**
 * The last chapter that begins above a line in the window; before the first, the first.
 *
 * @param tops of the chapters in reading order, measured from the top of the window
 * @param isAtEnd the page can't be scrolled further: a short last chapter is read, too
 */
export function currentChapter(tops: readonly number[], line: number, isAtEnd: boolean): number {
  if (isAtEnd) return tops.length - 1;
  return Math.max(
    0,
    tops.findLastIndex((top) => top <= line),
  );
}
