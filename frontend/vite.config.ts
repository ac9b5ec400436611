import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Every browser that runs this page reads woff2: KaTeX's other copies of its fonts stay behind. */
const woff2Only: Plugin = {
  name: "woff2-only",
  generateBundle(_, bundle) {
    for (const [name, file] of Object.entries(bundle)) {
      if (file.type !== "asset") continue;
      if (/KaTeX_.*\.(woff|ttf)$/.test(name)) delete bundle[name];
      if (!name.endsWith(".css") || typeof file.source !== "string") continue;
      file.source = file.source.replaceAll(
        /,\s*url\([^)]*KaTeX_[^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)/g,
        "",
      );
    }
  },
};

const server = "http://127.0.0.1:8000";

export default defineConfig({
  // The server knows below which path it is shown; the page is built once for all of them.
  base: "./",
  plugins: [react(), woff2Only],
  build: {
    outDir: fileURLToPath(new URL("../backend/matinee/web/page", import.meta.url)),
    emptyOutDir: true,
    target: "es2023",
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    // What counts is the size after compression: see tests/e2e/test_first_load.py.
    chunkSizeWarningLimit: 1000,
    // What every page needs comes in one file: thirty small ones wait for each other's connections.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } },
    },
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
