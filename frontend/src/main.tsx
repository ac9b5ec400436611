/** Puts the page together. */

import "@fontsource-variable/ibm-plex-sans/wght.css";
import "@fontsource/ibm-plex-mono/latin-400.css";
import "./ui/tokens.css";
import "./ui/mantine.css";
import "./ui/print.css";

import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "./api/problem";
import { ConnectionProvider, createConnection } from "./live/hooks";
import { router } from "./router";
import { appearanceManager, followAppearance } from "./ui/appearance";
import { cssVariablesResolver, theme } from "./ui/theme";
import { Toasts } from "./ui/toasts";

const TRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays one; only a server that did not answer is asked again.
      retry: (failures, error) =>
        failures < TRIES && error instanceof ApiProblem && error.status === 0,
      refetchOnWindowFocus: false,
    },
  },
});

const schemes = appearanceManager();
followAppearance();

const element = document.getElementById("root");
if (element === null) throw new Error("index.html has no #root");
createRoot(element).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      colorSchemeManager={schemes}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <ConnectionProvider value={createConnection()}>
          <Toasts />
          <RouterProvider router={router} />
        </ConnectionProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
