/**
 * What can wait until the rest is on the screen: it is rendered in slices after it, between which
 * the page answers.
 */

import { type ReactNode, useDeferredValue } from "react";

export function Later({ children }: { readonly children: () => ReactNode }) {
  const isDue = useDeferredValue(true, false);
  return isDue ? children() : null;
}
