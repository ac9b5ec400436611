/** Which command applies now, for who looks at the page. */

import { useCallback } from "react";
import type { RunState } from "../../api/types";
import { useLookingOn } from "../../ui/use-looking-on";
import { type RunAction, unavailableReason } from "./availability";

/** Of an action why it can't be used; null if it can. */
export function useAvailability(): (action: RunAction, state: RunState) => string | null {
  const lookingOn = useLookingOn();
  return useCallback((action, state) => lookingOn ?? unavailableReason(action, state), [lookingOn]);
}
