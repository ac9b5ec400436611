/** Which run stands beside the theory; it lives in the URL. */

export interface LearnSearch {
  /** Left out: the newest run that has learned anything. */
  readonly run?: string;
}

/** Reads a URL that anybody may have typed: what makes no sense is left out. */
export function readLearnSearch(search: Readonly<Record<string, unknown>>): LearnSearch {
  const { run } = search;
  return typeof run === "string" && run !== "" ? { run } : {};
}
