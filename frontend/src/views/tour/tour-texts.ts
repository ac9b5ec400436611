/** What each thing on the page means: from the server's catalogues, and from the page's own. */

import type { AlgorithmDescription } from "../../api/types";
import { PAGE_TEXTS } from "./page-texts";

export interface TourText {
  readonly title: string;
  readonly meaning: string;
  /** What good looks like, and what to try; may be empty. */
  readonly guidance: string;
  readonly equation?: string;
}

/** By the keys that elements have: "metric.entropy", "histogram.actions", "setting.gamma" … */
export function tourTexts(
  algorithms: readonly AlgorithmDescription[],
): ReadonlyMap<string, TourText> {
  const texts = new Map<string, TourText>(Object.entries(PAGE_TEXTS));
  for (const { metrics, histograms, hyperparameters } of algorithms) {
    for (const { name, label, meaning, guidance, equation } of metrics) {
      texts.set(`metric.${name}`, { title: label, meaning, guidance, equation });
    }
    for (const { name, label, meaning, guidance } of histograms) {
      texts.set(`histogram.${name}`, { title: label, meaning, guidance });
    }
    for (const { name, label, meaning, guidance, equation } of hyperparameters) {
      texts.set(`setting.${name}`, { title: label, meaning, guidance, equation });
    }
  }
  return texts;
}
