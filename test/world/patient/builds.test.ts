// PAT-2: one source of the patient, two builds. AssemblyScript compiles the files of the patient that move, and both builds are
// stepped side by side from the same state: every field stays equal bit for bit. The entry of the module, with a way to read and
// write each field, is made from the fields themselves.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { StateView } from "../../../emulator/machine/state";
import type { Patient } from "../../../emulator/world/patient/patient";
import { compile } from "../../../scripts/dialect.mjs";
import { RandomStream } from "../../../emulator/random";
import { DAY_MIN, EVERY_DRUG, NL_PER_ML, patient } from "./person";

const FOLDER = "emulator/world/patient";
const FILES = ["chance", "drug", "effects", "fluid", "habits", "patient", "person"];
const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Without optimisation, which takes most of the time of a compile: the arithmetic of a module does not depend on it. */
const FLAGS = ["--optimizeLevel", "0", "--runtime", "stub", "--use", "abort="];

type Exports = Record<string, (...values: number[]) => number>;

/** Fields that are declared as i32 in the sources; all other numbers are doubles. */
function integersIn(sources: Record<string, string>): Set<string> {
  return new Set(
    Object.values(sources).flatMap((text) => [...text.matchAll(/^ {2}(\w+): i32\b/gm)].map(([, name]) => name)),
  );
}

/** Names of an export for each field, in the order of the walk. */
function fieldsOf(one: Patient): StateView {
  return new StateView({ p: one });
}

function entryFor(view: StateView, integers: Set<string>): string {
  const scalars = view.scalars.map(({ path, kind }, i) => {
    const isWhole = integers.has(path.split(".").at(-1)!);
    const value = kind === "switch" ? "value != 0" : isWhole ? "value as i32" : "value";
    return `export function get${i}(): f64 { return ${path} as f64; }
      export function set${i}(value: f64): void { ${path} = ${value}; }`;
  });
  const arrays = view.arrays.map(({ path, array }, i) => {
    const element =
      array instanceof Float64Array ? "value" : array instanceof Int32Array ? "value as i32" : "value as u8";
    return `export function at${i}(at: i32): f64 { return ${path}[at] as f64; }
      export function put${i}(at: i32, value: f64): void { ${path}[at] = ${element}; }`;
  });
  const imports = ["Patient:patient", "Person:person", "Chance:chance"].map((each) => {
    const [name, file] = each.split(":");
    return `import { ${name} } from "./${FOLDER}/${file}";`;
  });
  return [
    ...imports,
    "const p: Patient = new Patient(new Person(), 8, new Chance(1, 2, 3, 4), 0);",
    "export function step(): void { p.step(); }",
    "export function inject(slot: i32, ng: f64, nl: f64): void { p.inject(slot, ng, nl); }",
    "export function operate(): void { p.operate(); }",
    "export function prepare(slot: i32): void { p.fluid.prepare(slot); }",
    "export function reachSteadyState(slot: i32, ng: f64): void { p.fluid.reachSteadyState(slot, ng); }",
    "export function takeIn(): void { p.takeIn(p.tip_nl + 347, p.fluid.figures, p.fluid.x, p.fluid.a); }",
    ...scalars,
    ...arrays,
  ].join("\n");
}

const fresh = () =>
  patient(
    {
      ...EVERY_DRUG,
      draw: "sampled",
      asks: true,
      ashworth: 3,
      spasms: 2,
      oral: [
        { drug: "morphine", dose_mg: 30, every_min: 720, byNeed_mg: 10 },
        { drug: "baclofen", dose_mg: 20, every_min: 480, byNeed_mg: 0 },
      ],
    },
    7,
  );

describe("PAT-2: the patient as JavaScript and as WebAssembly", () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    const sources = Object.fromEntries(
      FILES.map((name) => [`${FOLDER}/${name}.ts`, readFileSync(join(ROOT, FOLDER, `${name}.ts`), "utf8")]),
    );
    const entry = entryFor(fieldsOf(fresh()), integersIn(sources));
    const bytes = await compile("main.ts", FLAGS, { baseDir: ".", sources: { ...sources, "main.ts": entry } });
    module = new WebAssembly.Module(new Uint8Array(bytes));
  });

  function twin(one: Patient): Exports {
    const { exports } = new WebAssembly.Instance(module, {});
    const other = exports as unknown as Exports;
    const view = fieldsOf(one);
    view.scalars.forEach(({ path }, i) => other[`set${i}`](view.read(path)!));
    view.arrays.forEach(({ array }, i) => array.forEach((value, at) => other[`put${i}`](at, value)));
    return other;
  }

  /** The paths at which both builds differ. */
  function differences(one: Patient, other: Exports): string[] {
    const view = fieldsOf(one);
    const scalars = view.scalars.filter(({ path }, i) => !Object.is(view.read(path), other[`get${i}`]()));
    const arrays = view.arrays.filter(({ array }, i) =>
      array.some((value, at) => !Object.is(value, other[`at${i}`](at))),
    );
    return [...scalars, ...arrays].map(({ path }) => path);
  }

  test("every field stays equal to the bit over a month of doses, injections and requests", () => {
    const one = fresh();
    const other = twin(one);
    const chance = new RandomStream(20, "builds");
    expect(differences(one, other)).toEqual([]);
    for (let minute = 0; minute < 30 * DAY_MIN; minute++) {
      if (chance.fraction() < 1 / DAY_MIN) {
        const dose = [
          Math.floor(chance.fraction() * 8),
          chance.fraction() * 1e6,
          chance.fraction() * NL_PER_ML,
        ] as const;
        one.inject(...dose);
        other.inject(...dose);
      }
      if (minute === DAY_MIN) {
        one.operate();
        other.operate();
      }
      one.step();
      other.step();
      if (minute % 997 === 0) expect(differences(one, other)).toEqual([]);
    }
    expect(one.habits.reports).toBeGreaterThan(100);
    expect(differences(one, other)).toEqual([]);
  }, 60_000);

  test("the step matrices and the steady state of oral doses are equal to the bit", () => {
    const one = fresh();
    const other = twin(one);
    for (let slot = 0; slot < 8; slot++) {
      one.fluid.prepare(slot);
      other.prepare(slot);
      one.fluid.reachSteadyState(slot, 1000);
      other.reachSteadyState(slot, 1000);
    }
    expect(differences(one, other)).toEqual([]);
  });

  test("the totals of a pump are taken in alike", () => {
    const one = fresh();
    const other = twin(one);
    one.takeIn(one.tip_nl + 347, one.fluid.figures, one.fluid.x, one.fluid.a);
    other.takeIn();
    one.step();
    other.step();
    expect(differences(one, other)).toEqual([]);
  });

  test("a twin whose state was changed by one bit is told apart", () => {
    const one = fresh();
    const other = twin(one);
    one.fluid.x[0] += 1;
    expect(differences(one, other)).toEqual(["p.fluid.x"]);
  });
});
