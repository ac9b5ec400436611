/** The start: the newest run, or a welcome where there is none yet. */

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { describeError } from "../api/problem";
import { runListQuery } from "../api/run-lists";
import { PageLoading, PageMessage } from "../ui/page-message";
import { WelcomePage } from "./welcome/welcome-page";

export function HomePage() {
  // Where everybody goes next: fetched while the list of runs comes, or a greeting is read.
  useEffect(() => void import("./run/run-page"), []);
  const { history } = useRouter();
  const [home] = useState(() => history.location.pathname);
  const { data, error, refetch } = useInfiniteQuery(runListQuery());
  if (data === undefined) {
    if (error === null) return <PageLoading what="runs" />;
    return (
      <PageMessage
        title="The runs can't be shown"
        actions={
          <Button size="sm" variant="filled" onClick={() => void refetch()}>
            Try again
          </Button>
        }
      >
        <p>{describeError(error)}</p>
      </PageMessage>
    );
  }
  const newest = data.pages[0]?.items[0];
  if (newest === undefined) return <WelcomePage />;
  return <OnToRun runId={newest.id} home={home} />;
}

/** Goes there, unless the reader has chosen another page meanwhile, whose code is on its way. */
function OnToRun({ runId, home }: { readonly runId: string; readonly home: string }) {
  const { history } = useRouter();
  const navigate = useNavigate();
  useEffect(() => {
    if (history.location.pathname === home) {
      void navigate({ to: "/runs/$runId", params: { runId }, replace: true });
    }
  }, [history, home, navigate, runId]);
  return null;
}
