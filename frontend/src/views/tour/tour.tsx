/**
 * What am I looking at? Everything on the page explained at once, or one thing after the other,
 * large, for a room with a projector. It lies over the page and moves nothing of it.
 */

import { Portal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import { algorithmsQuery } from "../../api/queries";
import { WHOLE_TOUR } from "../../ui/tour-search";
import { Overview } from "./overview";
import { Step } from "./step";
import { useThings } from "./things";
import { tourTexts } from "./tour-texts";

interface TourProps {
  readonly at: string;
  /** Undefined: it is over. */
  readonly onGo: (at: string | undefined) => void;
}

export function Tour({ at, onGo }: TourProps) {
  const { data: algorithms = [] } = useQuery(algorithmsQuery);
  const texts = useMemo(() => tourTexts(algorithms), [algorithms]);
  const found = useThings();
  const things = found.filter(({ key }) => texts.has(key));
  useReturnOfFocus();
  const index = things.findIndex(({ key }) => key === at);
  const go = (to: number) => onGo(things[Math.max(0, Math.min(things.length - 1, to))]?.key ?? at);
  const end = () => onGo(undefined);
  return (
    <Portal>
      {at === WHOLE_TOUR ? (
        <Overview
          things={things}
          texts={texts}
          onStep={(key) => onGo(key ?? things[0]?.key ?? WHOLE_TOUR)}
          onEnd={end}
        />
      ) : (
        <Step
          thing={things[index] ?? null}
          text={texts.get(at) ?? null}
          index={index}
          count={things.length}
          onGo={go}
          onAll={() => onGo(WHOLE_TOUR)}
          onEnd={end}
        />
      )}
    </Portal>
  );
}

/** Back to where it was before; that may have been in a list that is closed now. */
function useReturnOfFocus(): void {
  const before = useRef(document.activeElement);
  useEffect(
    () => () => {
      const element = before.current;
      const isThere =
        element instanceof HTMLElement && element !== document.body && element.checkVisibility();
      // After the page is no longer inert.
      requestAnimationFrame(() =>
        (isThere ? element : document.getElementById("main"))?.focus({ preventScroll: true }),
      );
    },
    [],
  );
}
