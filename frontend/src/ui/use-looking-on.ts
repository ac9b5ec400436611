/** Whether who looks at the page may steer: a viewer's link or token lets them watch. */

import { useQuery } from "@tanstack/react-query";
import { meQuery } from "../api/queries";

export const LOOKING_ON = "You are looking on: your link or token lets you watch, not steer.";

/** Why nothing can be steered; null if it can. Until the server has said, it is taken to be so. */
export function useLookingOn(): string | null {
  const { data } = useQuery(meQuery);
  return data?.role === "viewer" ? LOOKING_ON : null;
}
