// Tries the extension in VS Code itself: code-server from npm and a headless Chromium, driven by playwright. It sets a breakpoint in
// firmware/limiter.ts, hits it, steps, steps back over three lines, goes back to the pulse before, changes a value and leaves a picture of each
// in out/try-vscode/. The first call installs code-server (0.6 to 0.9 GB, beside a Node that it needs) and takes minutes, so this is a
// check by hand and no part of `npm test`.
//
// npm run try:vscode [-- FOLDER]      FOLDER: where code-server is, or goes; by default in node_modules/.cache

import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { DIST, ROOT } from "./sources.mjs";
import { VSIX } from "./vscode.mjs";

const HOME = resolve(process.argv[2] ?? join(ROOT, "node_modules/.cache/try-vscode"));
const SERVER = join(HOME, "node_modules/code-server");
const ENTRY = join(SERVER, "out/node/entry.js");
const PICTURES = join(ROOT, "out/try-vscode");
const NODE_OF_SERVER = "node@24";
const SERVER_VERSION = "code-server@4.139.1";
/** Of the server's native modules, those that it cannot do without. */
const NATIVE = ["@vscode/spdlog", "node-pty"];
const PORT = 18_743;
const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const WAIT_MS = 60_000;
/** The editor's extensions become active some time after it is shown. */
const SETTLE_MS = 20_000;
const STEP_MS = 3000;

const LINE =
  1 +
  readFileSync(join(ROOT, "firmware/limiter.ts"), "utf8")
    .split("\n")
    .findIndex((text) => text.includes("return this.fullWindow() == 0;"));
const environment = { ...process.env, PATH: `${join(HOME, "node_modules/.bin")}:${process.env["PATH"]}` };
const node = join(HOME, "node_modules/.bin/node");

if (!existsSync(ENTRY)) install();
const folder = mkdtempSync(join(tmpdir(), "cistern-vscode-"));
mkdirSync(PICTURES, { recursive: true });
const server = start();
try {
  await drive();
} finally {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** A plain installation fails at modules that it does not need here, and loads from outside of npm. */
function install() {
  mkdirSync(HOME, { recursive: true });
  const npm = (cwd, ...words) => execFileSync("npm", words, { cwd, env: environment, stdio: "inherit" });
  npm(HOME, "install", NODE_OF_SERVER);
  npm(HOME, "install", SERVER_VERSION, "--ignore-scripts");
  const editor = join(SERVER, "lib/vscode");
  for (const each of [editor, join(editor, "extensions")]) npm(each, "install", "--omit=dev", "--ignore-scripts");
  for (const each of NATIVE) npm(join(editor, "node_modules", each), "exec", "--yes", "node-gyp", "rebuild");
}

/** Installs the extension and starts the server on a workspace with a launch of its own. */
function start() {
  const folders = ["--user-data-dir", join(folder, "user"), "--extensions-dir", join(folder, "extensions")];
  execFileSync(node, [ENTRY, ...folders, "--install-extension", join(DIST, VSIX)], {
    env: environment,
    stdio: "inherit",
  });
  const settings = {
    "security.workspace.trust.enabled": false,
    "workbench.startupEditor": "none",
    "chat.disableAIFeatures": true,
    "debug.toolBarLocation": "floating",
    "cistern.program": join(ROOT, "bin/cistern.mjs"),
  };
  const scenario = join(ROOT, "scenarios/breakthrough-pain.yaml");
  const configuration = { type: "cistern", request: "launch", name: "A day", scenario };
  write("user/User/settings.json", settings);
  write("try.code-workspace", {
    folders: ["firmware", "scenarios"].map((name) => ({ path: join(ROOT, name) })),
    launch: { version: "0.2.0", configurations: [configuration] },
  });
  const words = ["--auth", "none", "--bind-addr", `127.0.0.1:${PORT}`, "--disable-telemetry", "--disable-update-check"];
  return spawn(node, [ENTRY, ...folders, ...words], { env: environment, stdio: "ignore" });
}

function write(name, value) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(value));
}

async function drive() {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
  const page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
  try {
    await open(page);
    await page.waitForSelector(".monaco-workbench", { timeout: WAIT_MS });
    await page.waitForSelector(".editor-instance .view-line", { timeout: WAIT_MS });
    await page.waitForTimeout(SETTLE_MS);
    await page.keyboard.press("F9");
    await page.click('.activitybar .action-label[aria-label^="Run and Debug"]');
    await page.waitForTimeout(STEP_MS);
    await page.keyboard.press("F5");
    await page.waitForSelector(".debug-toolbar .action-label", { timeout: WAIT_MS });
    await stopped(page, "1-breakpoint", "Limiter.allows");
    for (const [i, button] of ["Step Into", "Step Over", "Step Over", "Step Over"].entries())
      await press(page, button, `2-forward-${i + 1}`);
    for (const i of [1, 2, 3]) await press(page, "Step Back", `3-back-${i}`);
    await press(page, "Continue", "4-next-pulse");
    await press(page, "Reverse", "5-pulse-before");
    await change(page, "allowance", "7");
    await stopped(page, "6-branch", "PumpController.tick");
  } catch (error) {
    await page.screenshot({ path: join(PICTURES, "failed.png") });
    throw error;
  } finally {
    await browser.close();
  }
}

/** The server listens some seconds after it was started. */
async function open(page) {
  const host = `127.0.0.1:${PORT}`;
  const file = `vscode-remote://${host}${join(ROOT, "firmware/limiter.ts")}:${LINE}:5`;
  const payload = JSON.stringify([
    ["gotoLineMode", "true"],
    ["openFile", file],
  ]);
  const query = new URLSearchParams({ workspace: join(folder, "try.code-workspace"), payload });
  const address = `http://${host}/?${query}`;
  for (const until = Date.now() + WAIT_MS; ;) {
    try {
      return await page.goto(address, { waitUntil: "domcontentloaded" });
    } catch (error) {
      if (Date.now() > until) throw error;
      await page.waitForTimeout(500);
    }
  }
}

async function press(page, button, picture) {
  await page.click(`.debug-toolbar .action-label[aria-label^="${button}"]`);
  await page.waitForTimeout(STEP_MS);
  await stopped(page, picture, "");
}

/** Gives a field of `this` another value, as a person does: opens it, chooses the field and types. */
async function change(page, field, value) {
  const row = (name) =>
    page.locator(".debug-variables .monaco-list-row", { hasText: new RegExp(`^\\s*${name} `) }).first();
  await row("this").locator(".monaco-tl-twistie").click();
  await row(field).locator(".value").dblclick();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(value);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(STEP_MS);
}

/** Waits until the call stack has frames, prints the first two and the last one, and takes a picture. */
async function stopped(page, picture, expected) {
  await page.waitForFunction(
    (name) => document.querySelector(".debug-call-stack")?.textContent.includes(name || "tick"),
    expected,
    { timeout: WAIT_MS },
  );
  const frames = await page.$$eval(".debug-call-stack .stack-frame", (rows) => rows.map((row) => row.textContent));
  console.log(picture.padEnd(16), frames.slice(0, 2).join(" < "), "...", frames.at(-1));
  await page.screenshot({ path: join(PICTURES, `${picture}.png`) });
}
