import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL("../backend/matinee/web/page", import.meta.url)),
    emptyOutDir: true,
    target: "es2023",
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    // One script for the whole page, measured after compression: see the architecture test.
    chunkSizeWarningLimit: 1000,
    // The preload helper would be the only reason for an inline script.
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      // The server compares Origin with Host, so the proxy presents itself as the server.
      "/api": { target: server, ws: true, changeOrigin: true, headers: { origin: server } },
      "/login": { target: server, changeOrigin: true, headers: { origin: server } },
      "/logout": { target: server, changeOrigin: true, headers: { origin: server } },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
