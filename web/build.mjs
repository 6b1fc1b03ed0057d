// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Makes dist/page.html, the server's page, one file with everything in it, and dist/policy.txt, the Content-Security-Policy
// that lets just that file's script and style run; and dist/report.html, the page of a recording, in which ttmem puts the
// recording's data where @TTMEM_DATA@ stands. The same packages give the same bytes: a test builds again and compares.
//   node build.mjs [FOLDER]     (dist without)
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");

async function bundle(entry, options) {
  const made = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    write: false,
    charset: "utf8",
    legalComments: "none",
    target: ["chrome110", "firefox115", "safari16.4"],
    ...options,
  });
  return made.outputFiles[0].text.trim();
}

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const licences = ["preact", "uplot"]
  .map((name) => {
    const version = JSON.parse(readFileSync(join(here, "node_modules", name, "package.json"), "utf8")).version;
    return `${name} ${version}\n\n${readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8").trim()}`;
  })
  .join("\n\n")
  .replace(/--/g, "- -");
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect x="2" y="13" width="5" height="9" rx="1.5" fill="#4a9edb"/><rect x="9.5" y="7" width="5" height="15" rx="1.5" fill="#e69f00"/><rect x="17" y="2" width="5" height="20" rx="1.5" fill="#c77cb5"/></svg>`;

/** A page of one script and one style sheet, and its policy. `connect`: what it may ask. `data`: an element with data, or nothing. */
async function pageOf(entry, sheet, connect, data, instead) {
  const script = await bundle(entry, { format: "iife", jsx: "automatic", jsxImportSource: "preact" });
  const style = await bundle(sheet, {});
  for (const [name, text, end] of [["script", script, "</script"], ["style", style, "</style"]]) {
    if (text.toLowerCase().includes(end) || text.includes("<!--")) throw new Error(`the ${name} would end its own element`);
    if (text.includes("@TTMEM_DATA@")) throw new Error(`the ${name} holds the mark of the data`);
  }
  const policy =
    `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; ${connect}img-src data:; base-uri 'none'; form-action 'none'; ` +
    `require-trusted-types-for 'script'; trusted-types 'none'`;
  const page = `<!doctype html>
<!--
SPDX-FileCopyrightText: © 2026 The ttmem authors
SPDX-License-Identifier: Apache-2.0
Made by web/build.mjs from web/src; do not edit. It contains:

${licences}
-->
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>ttmem</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon)}">
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This page needs JavaScript. The same figures: ${instead}</noscript></div>
${data}<script>${script}</script>
</body>
</html>
`;
  return { page, policy };
}

const live = await pageOf("src/main.tsx", "src/style.css", "connect-src 'self'; ", "", "ttmem snapshot");
const report = await pageOf("src/report/main.tsx", "src/report/style.css", "", '<script type="application/json" id="data">@TTMEM_DATA@</script>\n', "ttmem report");
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "page.html"), live.page);
writeFileSync(join(out, "policy.txt"), `${live.policy}; frame-ancestors 'none'\n`);
writeFileSync(join(out, "report.html"), report.page);
