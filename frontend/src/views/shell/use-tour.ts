/** The explanations of the page: whether they are on, where, and where there are any. */

import { useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { WHOLE_TOUR } from "../../ui/tour-search";

export interface TourState {
  /** Null: off. */
  readonly at: string | null;
  /** Why there is nothing to explain here; null if there is. */
  readonly unavailable: string | null;
  /** Undefined: end it. */
  readonly go: (at: string | undefined) => void;
  readonly toggle: () => void;
}

/** The theory explains itself, and the others are made of words. */
const EXPLAINED = /^\/(compare|runs)?$|^\/runs\/[0-9A-Z]{26}$/;

export function useTour(): TourState {
  const { tour } = useSearch({ strict: false });
  const { pathname } = useLocation();
  const navigate = useNavigate();
  const isHere = EXPLAINED.test(pathname);
  const go = (at: string | undefined) =>
    void navigate({
      to: ".",
      search: ({ tour: _before, ...rest }) => (at === undefined ? rest : { ...rest, tour: at }),
      replace: true,
      resetScroll: false,
      hash: true,
    });
  return {
    at: isHere ? (tour ?? null) : null,
    unavailable: isHere ? null : "On this page everything is said in words",
    go,
    toggle: () => {
      if (isHere) go(tour === undefined ? WHOLE_TOUR : undefined);
    },
  };
}
