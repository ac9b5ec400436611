/** The page's addresses. */

import {
  type AsyncRouteComponent,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  useNavigate,
  useParams,
  useSearch,
} from "@tanstack/react-router";
import type { ReactNode } from "react";
import { pathTo } from "./format/addresses";
import { PageLoading } from "./ui/page-message";
import { readTourSearch } from "./ui/tour-search";
import { readCompareSearch } from "./views/compare/compare-search";
import { CrashPage } from "./views/crash-page";
import { HomePage } from "./views/home-page";
import { readLearnSearch } from "./views/learn/learn-search";
import { NotFoundPage } from "./views/not-found-page";
import { readRunSearch } from "./views/run/view-state";
import { readRunsSearch } from "./views/runs/runs-search";
import { Shell } from "./views/shell/shell";

// Fetched when somebody goes there: the first page is on the screen sooner.
const ComparePage = lazyRouteComponent(() => import("./views/compare/compare-page"), "ComparePage");
const NewRunPage = lazyRouteComponent(() => import("./views/new-run/new-run-page"), "NewRunPage");
const RunPage = lazyRouteComponent(() => import("./views/run/run-page"), "RunPage");
const RunsPage = lazyRouteComponent(() => import("./views/runs/runs-page"), "RunsPage");
const SettingsPage = lazyRouteComponent(
  () => import("./views/settings/settings-page"),
  "SettingsPage",
);

/**
 * A route that renders once the code of its page is there. A page that suspended would show
 * "loading" first, and React keeps that on the screen for 300 ms at least.
 */
function withPage<Route extends () => ReactNode>(page: AsyncRouteComponent<never>, route: Route) {
  return Object.assign(route, page.preload === undefined ? {} : { preload: page.preload });
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  validateSearch: readTourSearch,
});

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
  component: withPage(RunPage, function RunRoute() {
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
  }),
});

const compare = createRoute({
  getParentRoute: () => root,
  path: "/compare",
  validateSearch: readCompareSearch,
  component: withPage(ComparePage, function CompareRoute() {
    const search = useSearch({ from: "/compare" });
    const navigate = useNavigate({ from: "/compare" });
    return (
      <ComparePage
        search={search}
        onSearch={(next) => void navigate({ search: next, replace: true, resetScroll: false })}
      />
    );
  }),
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: readRunsSearch,
  component: withPage(RunsPage, function RunsRoute() {
    const search = useSearch({ from: "/runs" });
    const navigate = useNavigate({ from: "/runs" });
    return (
      <RunsPage
        search={search}
        onSearch={(next) => void navigate({ search: next, replace: true, resetScroll: false })}
      />
    );
  }),
});

/** An essay and a typesetter: loaded when somebody wants to read it. */
const learn = createRoute({
  getParentRoute: () => root,
  path: "/learn",
  validateSearch: readLearnSearch,
  component: lazyRouteComponent(() => import("./views/learn/learn-page"), "LearnPage"),
  pendingComponent: () => <PageLoading what="the theory" />,
});

const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: SettingsPage,
  pendingComponent: () => <PageLoading what="the settings" />,
});

export const router = createRouter({
  routeTree: root.addChildren([home, runs, newRun, run, compare, learn, settings]),
  defaultErrorComponent: CrashPage,
  scrollRestoration: true,
  basepath: pathTo("/"),
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
