// The pages agree with the code and with each other.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import * as index from "../emulator/index";
import * as testing from "../emulator/testing";
import { COMMAND_VERSION, FRAME_VERSION, OUTCOME_ACCEPTED, REPLY } from "../hal/telemetry";
import { encodeFrame } from "../emulator/link/frame";
import { halPage, referencePage } from "../scripts/docs";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");

test.each([
  ["docs/reference.md", referencePage],
  ["docs/hal.md", halPage],
])("%s is what the code says", (file, page) => {
  if (process.env["UPDATE_DOCS"]) writeFileSync(join(root, file), page());
  expect(read(file)).toBe(page());
});

test("docs/telemetry.md has every command, outcome and status field with its number", () => {
  const page = read("docs/telemetry.md");
  const constants = [
    ...read("hal/telemetry.ts").matchAll(/export const (COMMAND|OUTCOME|STATUS)_(\w+): i32 = (\d+);/g),
  ];
  const rows = constants
    .filter(([, , name]) => name !== "BYTES")
    .map(
      ([, group, name, value]) =>
        `| ${value} | ${name.toLowerCase().replaceAll("_", group === "STATUS" ? " " : "_")} |`,
    );
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => !page.includes(row))).toEqual([]);
});

test("docs/telemetry.md shows frames as they are on the air, and the bounds of a program", () => {
  const page = read("docs/telemetry.md");
  const frames = [
    encodeFrame(COMMAND_VERSION, 1, new Uint8Array(0)),
    encodeFrame(COMMAND_VERSION | REPLY, 1, Uint8Array.of(OUTCOME_ACCEPTED, FRAME_VERSION, 2, 0, 1, 0)),
  ];
  const hex = frames.map((frame) => [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join(" "));
  expect(page).toContain(`\n${hex.join("\n")}\n`);
  const bounds = [...read("hal/telemetry.ts").matchAll(/export const \w+_(?:LEAST|MOST): i32 = (\d+);/g)];
  expect(bounds.length).toBeGreaterThan(6);
  const missing = bounds
    .map(([, value]) => Number(value).toLocaleString("en"))
    .filter((value) => !page.includes(value));
  expect(missing).toEqual([]);
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
  ]);
});

test("the README's package example runs as it stands", () => {
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
  const run = new Function(...names, "console", body);
  run(...values, { log: (...words: unknown[]) => printed.push(words) });
  expect(names).toContain("checkController");
  expect(printed).toEqual([[149, 10_000]]);
});
