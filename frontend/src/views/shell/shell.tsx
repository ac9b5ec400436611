/** The frame around every page: runs on the left, the page, what must be said above it. */

import { ActionIcon, Drawer } from "@mantine/core";
import { useDisclosure, useMediaQuery } from "@mantine/hooks";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useSyncExternalStore } from "react";
import { onSessionChange, sessionState } from "../../api/session";
import { useConnection } from "../../live/hooks";
import { Icon } from "../../ui/icons";
import { usePreferences } from "../../ui/preferences";
import { useShortcut } from "../../ui/shortcuts";
import { ConnectionBanner } from "./connection-banner";
import { ConnectionLight } from "./connection-light";
import { PageOnItsWay } from "./page-on-its-way";
import { PrintLine } from "./print-line";
import { Rail } from "./rail";
import styles from "./shell.module.css";
import { useTour } from "./use-tour";

const LoginPage = lazy(async () => ({
  default: (await import("../login/login-page")).LoginPage,
}));
const RunWatch = lazy(async () => ({ default: (await import("./run-watch")).RunWatch }));
const Help = lazy(async () => ({ default: (await import("./help")).Help }));
const Tour = lazy(async () => ({ default: (await import("../tour/tour")).Tour }));

export function Shell() {
  const session = useSyncExternalStore(onSessionChange, sessionState);
  const connection = useConnection();
  const navigate = useNavigate();
  const isNarrow = useMediaQuery("(max-width: 56rem)", false, { getInitialValueInEffect: false });
  const [isRailOpen, rail] = useDisclosure(false);
  const [isHelpOpen, help] = useDisclosure(false);
  useShortcut("?", help.open);
  const tour = useTour();
  const { tellEnd, tellAlert } = usePreferences();
  useShortcut("w", tour.toggle);
  useShortcut("n", () => void navigate({ to: "/runs/new" }));
  useEffect(() => {
    if (session === "in") connection.connect();
    const retry = () => connection.connect();
    window.addEventListener("online", retry);
    return () => window.removeEventListener("online", retry);
  }, [connection, session]);

  if (session === "out") {
    return (
      <Suspense>
        <LoginPage />
      </Suspense>
    );
  }
  const list = (
    <Rail
      onFollow={rail.close}
      onFilter={isNarrow ? rail.open : () => {}}
      onHelp={help.open}
      tour={tour}
    />
  );
  return (
    <div className={styles.shell}>
      <a href="#main" className={styles.skip}>
        Skip to the page
      </a>
      <PageOnItsWay />
      {isNarrow ? (
        <header className={styles.bar}>
          <ActionIcon aria-label="Runs" aria-expanded={isRailOpen} onClick={rail.open}>
            <Icon name="menu" />
          </ActionIcon>
          <strong>Matinee</strong>
          <ConnectionLight />
          <Drawer.Root opened={isRailOpen} onClose={rail.close} size="18rem" keepMounted>
            <Drawer.Overlay backgroundOpacity={0.35} />
            <Drawer.Content aria-label="All runs">
              <Drawer.Body className={styles.drawer}>{list}</Drawer.Body>
            </Drawer.Content>
          </Drawer.Root>
        </header>
      ) : (
        <aside className={styles.rail} aria-label="All runs">
          {list}
        </aside>
      )}
      <div className={styles.content}>
        <ConnectionBanner />
        <PrintLine />
        <main id="main" tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      {isHelpOpen && (
        <Suspense>
          <Help onClose={help.close} />
        </Suspense>
      )}
      {(tellEnd || tellAlert) && (
        <Suspense>
          <RunWatch />
        </Suspense>
      )}
      {tour.at !== null && (
        <Suspense>
          <Tour at={tour.at} onGo={tour.go} />
        </Suspense>
      )}
    </div>
  );
}
