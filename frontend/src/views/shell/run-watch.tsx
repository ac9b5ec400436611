/** Looks after the runs for who asked to be told, also while the tab is behind others. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { runListQuery } from "../../api/run-lists";
import type { Run } from "../../api/types";
import { newsBetween } from "../../live/run-news";
import { usePreferences } from "../../ui/preferences";
import { chime, tell } from "../../ui/telling";

export function RunWatch() {
  const { tellEnd, tellAlert, sound } = usePreferences();
  const navigate = useNavigate();
  const { data } = useInfiniteQuery({ ...runListQuery(), refetchIntervalInBackground: true });
  const seen = useRef<readonly Run[] | null>(null);
  const newest = useRef({ tellEnd, tellAlert, sound });
  newest.current = { tellEnd, tellAlert, sound };
  useEffect(() => {
    if (data === undefined) return;
    const runs = data.pages.flatMap(({ items }) => items);
    const before = seen.current;
    seen.current = runs;
    if (before === null) return;
    const wanted = newsBetween(before, runs).filter(({ kind }) =>
      kind === "end" ? newest.current.tellEnd : newest.current.tellAlert,
    );
    for (const { runId, kind, title, text } of wanted) {
      const onOpen = () => void navigate({ to: "/runs/$runId", params: { runId } });
      tell({ title, text, about: `${runId} ${kind}`, onOpen });
    }
    if (wanted.length > 0 && newest.current.sound) void chime();
  }, [data, navigate]);
  return null;
}
