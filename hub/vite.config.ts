/// <reference types="vitest/config" />
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// `OUTPORT_SERVER` names the server that `npm run dev` asks.
const server = process.env.OUTPORT_SERVER ?? "http://127.0.0.1:7411";

export default defineConfig({
  base: "/hub/",
  plugins: [react()],
  build: {
    target: ["chrome123", "firefox128", "safari17.5"],
    // The policy of the page allows nothing that is not a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    license: { fileName: "licences.md" },
    manifest: true,
    reportCompressedSize: false,
    // What is larger is loaded when it is needed: the drawing of charts, for one. `tools/budget.mjs` holds the first load.
    chunkSizeWarningLimit: 1_000,
    rolldownOptions: {
      output: {
        // A browser asks a server without TLS for six files at once: what every page needs comes as one, not in waves.
        codeSplitting: { groups: [{ name: "hub", tags: ["$initial"] }] },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    // Documents are held against the schemas that the server has, which are beside the hub.
    fs: { allow: [".."] },
    proxy: { "/v1": { target: server, changeOrigin: true } },
  },
  test: { include: ["src/**/*.test.{ts,tsx}"], environment: "node" },
});
