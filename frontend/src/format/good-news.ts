/** The one alert that is no trouble: the task is solved. */

const SOLVED = "solved";

export function isGoodNews(alert: string): boolean {
  return alert === SOLVED;
}
