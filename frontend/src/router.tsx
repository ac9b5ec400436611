/** The page's addresses. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  useNavigate,
  useParams,
  useSearch,
} from "@tanstack/react-router";
import { CrashPage } from "./views/crash-page";
import { HomePage } from "./views/home-page";
import { NewRunPage } from "./views/new-run/new-run-page";
import { NotFoundPage } from "./views/not-found-page";
import { RunPage } from "./views/run/run-page";
import { readRunSearch } from "./views/run/view-state";
import { Shell } from "./views/shell/shell";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage });

const home = createRoute({ getParentRoute: () => root, path: "/", component: HomePage });

const newRun = createRoute({
  getParentRoute: () => root,
  path: "/runs/new",
  component: NewRunPage,
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  validateSearch: readRunSearch,
  component: function RunRoute() {
    const { runId } = useParams({ from: "/runs/$runId" });
    const search = useSearch({ from: "/runs/$runId" });
    const navigate = useNavigate({ from: "/runs/$runId" });
    return (
      <RunPage
        key={runId}
        runId={runId}
        search={search}
        onSearch={(next) => void navigate({ search: next, replace: true, resetScroll: false })}
      />
    );
  },
});

export const router = createRouter({
  routeTree: root.addChildren([home, newRun, run]),
  defaultErrorComponent: CrashPage,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
