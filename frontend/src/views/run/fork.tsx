/** The dialog of a fork, fetched when somebody forks: it brings the forms of a whole run along. */

import { type ComponentProps, lazy, Suspense } from "react";
import type { ForkDialog } from "./fork-dialog";

const Dialog = lazy(() => import("./fork-dialog").then((part) => ({ default: part.ForkDialog })));

export function Fork(props: ComponentProps<typeof ForkDialog>) {
  return (
    <Suspense>
      <Dialog {...props} />
    </Suspense>
  );
}
