/** Whether the page explains itself, and which part of it now; in the address, so that it can be shared. */

/** Everything at once. */
export const WHOLE_TOUR = "all";

export interface TourSearch {
  /** `WHOLE_TOUR`, or what is explained now: a kind and a name, such as "metric.entropy". */
  readonly tour?: string;
}

/** Reads an address that anybody may have typed. */
export function readTourSearch({ tour }: Readonly<Record<string, unknown>>): TourSearch {
  const isTour =
    tour === WHOLE_TOUR || (typeof tour === "string" && /^[a-z]+\.\w{1,60}$/.test(tour));
  return isTour ? { tour } : {};
}
