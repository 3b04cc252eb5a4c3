// SPDX-License-Identifier: GPL-3.0-or-later
// Builds the desk's bundle: one entry per page (shared code split off) and one stylesheet, into desk/static/dist.
// With --tests it builds desk/ts/tests/*.test.ts for node's own test runner into build/desk-tests instead.
import { rm, readdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const shared = { bundle: true, logLevel: "warning", absWorkingDir: root };

async function buildPages() {
  const outdir = resolve(root, "desk/static/dist");
  await rm(outdir, { recursive: true, force: true });
  const pages = (await readdir(resolve(root, "desk/ts/pages"))).filter((name) => name.endsWith(".ts"));
  await build({
    ...shared,
    entryPoints: pages.map((name) => `desk/ts/pages/${name}`),
    outdir,
    format: "esm",
    splitting: true,
    chunkNames: "chunk-[hash]",
    target: "es2022",
    minify: true,
    sourcemap: true,
    legalComments: "linked",
  });
  await build({
    ...shared,
    entryPoints: { desk: "desk/static/css/desk.css" },
    outdir,
    minify: true,
    sourcemap: true,
    external: ["/static/*"],
  });
}

async function buildTests() {
  const outdir = resolve(root, "build/desk-tests");
  await rm(outdir, { recursive: true, force: true });
  const files = (await readdir(resolve(root, "desk/ts/tests"))).filter((name) => name.endsWith(".test.ts"));
  await build({
    ...shared,
    entryPoints: files.map((name) => `desk/ts/tests/${name}`),
    outdir,
    outExtension: { ".js": ".mjs" },
    format: "esm",
    platform: "node",
    target: "node20",
    sourcemap: "inline",
  });
}

await (process.argv.includes("--tests") ? buildTests() : buildPages());
