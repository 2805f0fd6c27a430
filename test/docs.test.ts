// The pages agree with the code and with each other.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
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

test("the README's scenario loads and passes, and its package example runs", async () => {
  const { parseScenario, ScenarioRun, referenceController, Machine } = await import("../emulator/index");
  const [, yaml] = /```yaml\n([\s\S]*?)```/.exec(read("README.md"))!;
  const run = new ScenarioRun(parseScenario(yaml, "README.md"), {
    gear: "leap",
    controller: referenceController,
    tracks: false,
  });
  run.advance(run.end_ticks);
  expect(run.report(0).expectations.map((row) => [row.ok, row.seen])).toEqual([
    [true, expect.any(String)],
    [true, expect.any(String)],
  ]);
  const { loadScenario } = await import("../emulator/index");
  const machine = new Machine(loadScenario(join(root, "scenarios/breakthrough-pain.yaml")));
  machine.leap(9 * 60 * 6000);
  expect([machine.signal("motor.pulses"), machine.firmware.read("therapy.rate")]).toEqual([149, 10_000]);
});
