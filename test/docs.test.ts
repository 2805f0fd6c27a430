// The pages agree with the code and with each other.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { compileFunction } from "node:vm";
import { expect, test } from "vitest";
import * as index from "../emulator/index";
import * as testing from "../emulator/testing";
import { serveCommand } from "../emulator/cli/serve";
import { commandsIn } from "../emulator/debug/commands";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

test("docs/telemetry.md has every command, outcome and status field with its number", () => {
  const page = read("docs/telemetry.md");
  const constants = [
    ...read("hal/telemetry.ts").matchAll(/export const (COMMAND|OUTCOME|STATUS)_(\w+): i32 = (\d+);/g),
  ];
  const rows = constants
    .filter(([, , name]) => name !== "BYTES")
    .map(([, , name, value]) => `| ${value} | ${name.toLowerCase()} `);
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test("docs/telemetry.md shows the golden conversation, and the bounds of a program", () => {
  const page = read("docs/telemetry.md");
  expect(page).toContain("### 9. ");
  const bounds = [...read("hal/telemetry.ts").matchAll(/export const \w+_(?:MIN|MAX): i32 = (\d+);/g)];
  expect(bounds.length).toBeGreaterThan(6);
  const missing = bounds
    .map(([, value]) => Number(value).toLocaleString("en"))
    .filter((value) => !page.includes(value));
  expect(missing).toEqual([]);
});

test("docs/serve.md has every command of the control channel, every option and every counter", () => {
  const page = read("docs/serve.md").replace(/ +/g, " ");
  const commands = commandsIn("channel").map(({ usage, help }) => `| \`${usage.replaceAll("|", "\\|")}\` | ${help} |`);
  expect(commands.filter((row) => !page.includes(row))).toEqual([]);
  const options = serveCommand.options.map(({ long }) => long!);
  expect(options.length).toBeGreaterThan(10);
  expect(options.filter((option) => !page.includes(`\`${option}`))).toEqual([]);
  const [, carried] = /export interface Carried \{([^}]*)\}/.exec(read("emulator/rig/serve.ts"))!;
  const counters = [...carried.matchAll(/^ {2}(\w+): number/gm)].map(([, name]) => name);
  expect(counters.length).toBeGreaterThan(10);
  expect(counters.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("docs/hal.md names every call of every port", () => {
  const page = read("docs/hal.md");
  const calls = readdirSync(join(root, "hal"))
    .filter((file) => file.endsWith(".ts") && file !== "controller.ts")
    .flatMap((file) => [...read(`hal/${file}`).matchAll(/abstract (\w+)\(/g)].map(([, name]) => name));
  expect(calls.length).toBeGreaterThan(25);
  expect(calls.filter((name) => !page.includes(`\`${name}(`))).toEqual([]);
});

test("every relative link in the README and the pages points at a file", () => {
  const pages = [
    "README.md",
    ...readdirSync(join(root, "docs"))
      .filter((file) => file.endsWith(".md"))
      .map((file) => `docs/${file}`),
  ];
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\(([^)#]+)/g)]
      .map(([, link]) => link)
      .filter((link) => !link.includes(":") && !existsSync(join(root, dirname(page), link)))
      .map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

test("the README's scenario loads and passes", () => {
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(read("README.md"))!;
  const run = new index.ScenarioRun(index.parseScenario(yaml, "README.md"), {
    gear: "leap",
    controller: index.referenceController,
    tracks: false,
  });
  run.advance(run.end_ticks);
  expect(run.report(0).expectations.map((row) => [row.ok, row.seen])).toEqual([
    [true, expect.any(String)],
    [true, expect.any(String)],
    [true, expect.any(String)],
  ]);
});

test("the README's package example runs as it is printed", () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read("README.md"))!;
  const doors: Record<string, Record<string, unknown>> = { cistern: index, "cistern/testing": testing };
  const names: string[] = [];
  const values: unknown[] = [];
  const body = example.replace(/import \{ (.*?) \} from "(.*?)";/g, (_, imported: string, door: string) => {
    for (const name of imported.split(", ")) {
      names.push(name);
      values.push(doors[door][name]);
    }
    return "";
  });
  const printed: unknown[][] = [];
  const run = compileFunction(body, [...names, "console"]);
  run(...values, { log: (...words: unknown[]) => printed.push(words) });
  expect(names).toContain("checkController");
  expect(printed).toEqual([[149, 10_000]]);
});
