import { readdirSync } from "node:fs";
import { basename, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const pages = resolve(import.meta.dirname, "src/pages");

/** One entry per page: every file in src/pages, found by name so that a new page needs no line here. */
const input = Object.fromEntries(
  readdirSync(pages)
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => [basename(file, ".ts"), resolve(pages, file)]),
);

/** Writes a .br and a .gz beside every large text file of the build, so that the web server never compresses one itself. */
function precompress(): Plugin {
  return {
    name: "precompress",
    apply: "build",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          const source = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (source.length < 1024 || !/\.(js|css|svg)$/.test(file.fileName)) continue;
          const params = { [constants.BROTLI_PARAM_SIZE_HINT]: source.length };
          this.emitFile({ type: "asset", fileName: `${file.fileName}.br`, source: brotliCompressSync(source, { params }) });
          this.emitFile({ type: "asset", fileName: `${file.fileName}.gz`, source: gzipSync(source, { level: 9 }) });
        }
      },
    },
  };
}

export default defineConfig({
  base: "/static/",
  build: {
    manifest: "manifest.json",
    outDir: "dist",
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark()
    rolldownOptions: { input },
  },
  plugins: [precompress()],
  server: { port: 5173, strictPort: true, origin: "http://localhost:5173" },
  test: { environment: "happy-dom", include: ["src/**/*.test.ts"] },
});
