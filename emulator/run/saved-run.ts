// A saved run as a file. It is JSON with the state of machine and run and a hash of scenario, seed and controller. Only the
// version of cistern that wrote a file reads it, and only for the same scenario, seed and controller. Any other file is
// refused with the reason before any value is used. Typed arrays are base64.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import type { SavedState } from "../machine/state";
import { VERSION } from "../version";
import type { SavedRun, ScenarioRun } from "./run";
import { ScenarioError, type Scenario } from "../scenario/scenario";

const SCHEMA = "cistern.snapshot/1";

const ARRAYS = { Uint8Array, Uint16Array, Int32Array, Float64Array } as const;

const savedArray = z.strictObject({
  type: z.enum(Object.keys(ARRAYS) as [keyof typeof ARRAYS, ...(keyof typeof ARRAYS)[]]),
  base64: z.base64(),
});
const savedState = z.strictObject({ scalars: savedArray, arrays: z.array(savedArray) });
const numbers = z.array(z.number());
/** JSON has no infinity: the ends of a range that has seen no value yet are null. */
const end = z.number().nullable();

const savedFile = z.strictObject({
  schema: z.literal(SCHEMA),
  version: z.string(),
  scenario: z.string(),
  made_of: z.string(),
  layout: z.string(),
  run: z.strictObject({
    machine: z.strictObject({
      tick: z.int().nonnegative(),
      executed: z.int().nonnegative(),
      leapt: z.int().nonnegative(),
      machine: savedState,
      controller: savedState,
    }),
    events: z.array(z.tuple([z.int(), z.int(), z.int(), z.int(), z.int()])),
    probes: z.array(z.strictObject({ delivered_nl: z.number(), tip_ng: numbers, signals: numbers }).nullable()),
    ranges: z.array(z.strictObject({ least: end, most: end })),
    tracks: z.array(z.strictObject({ ticks: numbers, values: numbers })),
    watch: z.strictObject({
      digest: z.int().nullable(),
      answered: z.int(),
      monitors: z.array(
        z.strictObject({
          books: z.record(z.string(), z.union([z.number(), z.boolean(), numbers])),
          brokenAt: z.number().nullable(),
        }),
      ),
      pulses: z.int(),
      steps: z.int(),
      head: z.strictObject({
        ticks: numbers,
        steps: numbers,
        volumes_nl: numbers,
        stepsBefore: z.int(),
        before_nl: z.number(),
      }),
      delivered_nl: z.number(),
    }),
    harms: z.strictObject({
      due: z.strictObject({
        tick: z.int(),
        total_nl: z.number(),
        wallOffset: z.int(),
        isRunning: z.boolean(),
        dosesFrom: z.int(),
        startedAt: z.int(),
        bolus_nlPerTick: z.number(),
        bolusUntil: z.int(),
        isPriming: z.boolean(),
        bridgeRatio: z.number(),
      }),
      records: z.array(
        z.strictObject({
          harm: z.int(),
          first: z.int(),
          ended: z.int().nullable(),
          reported: z.int().nullable(),
          by: z.int().nullable(),
        }),
      ),
      raised: numbers,
      tip_nl: z.number(),
      volume_nl: z.number(),
      head_nl: z.number(),
      inService: z.boolean(),
      digest: z.int().nullable(),
      since: z.int(),
      minute: z.int(),
      firstMinute: z.int(),
      tips_nl: numbers,
      dues_nl: numbers,
      orders: z.array(z.strictObject({ until: z.number(), nl: z.number() })),
    }),
    commissioned: z.int().nonnegative().nullable(),
  }),
});

/** The text of a snapshot file for a run at its present moment. */
export function textOfSavedRun(run: ScenarioRun): string {
  const saved = run.save();
  const { machine } = saved;
  const file: z.input<typeof savedFile> = {
    schema: SCHEMA,
    version: VERSION,
    scenario: run.scenario.name,
    made_of: madeOf(run),
    layout: layoutOf(machine.machine, machine.controller),
    run: {
      ...saved,
      machine: { ...machine, machine: pack(machine.machine), controller: pack(machine.controller) },
      ranges: saved.ranges.map(({ least, most }) => ({ least: finite(least), most: finite(most) })),
    },
  };
  return `${JSON.stringify(file)}\n`;
}

/**
 * Restores a run from the file at `path`. For a file that does not fit it throws ScenarioError (place null, path in the text),
 * and the run is unchanged.
 */
export function resumeFrom(path: string, run: ScenarioRun): void {
  const refuse = (why: string): never => {
    throw new ScenarioError(`${path}: ${why}`, null);
  };
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    const reason = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    return refuse(`${reason}: ${(error as Error).message}`);
  }
  const head = z.object({ schema: z.literal(SCHEMA), version: z.string() }).safeParse(json);
  if (!head.success) return refuse(`is no snapshot: expected an object with "schema": "${SCHEMA}"`);
  if (head.data.version !== VERSION) {
    return refuse(`was saved by cistern ${head.data.version}; this is ${VERSION}, which cannot read it`);
  }
  const parsed = savedFile.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(`is damaged at ${issue.path.join(".")}: ${issue.message}`);
  }
  const file = parsed.data;
  if (file.made_of !== madeOf(run)) {
    return refuse(`was saved from "${file.scenario}" with another content, seed or controller than this run has`);
  }
  const { machine } = file.run;
  const state = { machine: unpack(machine.machine), controller: unpack(machine.controller) };
  const now = run.machine.snapshot();
  const layout = layoutOf(state.machine, state.controller);
  if (file.layout !== layout || layout !== layoutOf(now.machine, now.controller)) {
    return refuse("is damaged: its memory has another layout than this machine");
  }
  const ranges = file.run.ranges.map(({ least, most }) => ({ least: least ?? Infinity, most: most ?? -Infinity }));
  const saved: SavedRun = { ...file.run, ranges, machine: { ...machine, ...state } };
  run.restore(saved);
}

/** SHA-256 over the scenario, the seed and the controller's name, which together determine the run. */
function madeOf(run: ScenarioRun): string {
  const { file: _file, ...content } = run.scenario;
  const text = JSON.stringify([withoutPlaces(content), run.seed, run.machine.controllerName]);
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

/** The scenario without its places in the file: a comment in the file moves them and changes nothing else. */
function withoutPlaces(scenario: Omit<Scenario, "file">): unknown {
  return JSON.parse(JSON.stringify(scenario, (key, value) => (key === "place" ? undefined : (value as unknown))));
}

function layoutOf(machine: SavedState, controller: SavedState): string {
  const lengths = [machine, controller].map(({ scalars, arrays }) => [
    scalars.length,
    ...arrays.map((array) => `${array.constructor.name}${array.length}`),
  ]);
  return createHash("sha256").update(JSON.stringify(lengths)).digest("hex").slice(0, 16);
}

function pack({ scalars, arrays }: SavedState): z.input<typeof savedState> {
  return { scalars: packOne(scalars), arrays: arrays.map(packOne) };
}

function packOne(array: SavedState["arrays"][number]): z.input<typeof savedArray> {
  const type = array.constructor.name as keyof typeof ARRAYS;
  return { type, base64: Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64") };
}

function unpack({ scalars, arrays }: z.output<typeof savedState>): SavedState {
  return { scalars: new Float64Array(bytesOf(scalars).buffer), arrays: arrays.map(unpackOne) };
}

function unpackOne(packed: z.output<typeof savedArray>): SavedState["arrays"][number] {
  const kind = ARRAYS[packed.type];
  const bytes = bytesOf(packed);
  return new kind(bytes.buffer, 0, Math.floor(bytes.length / kind.BYTES_PER_ELEMENT));
}

function bytesOf({ base64 }: z.output<typeof savedArray>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
