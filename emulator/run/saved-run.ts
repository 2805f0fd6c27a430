// A saved run as a file, the snapshot of `--save` and `--from`. It is two lines of JSON. The first has the schema and the SHA-256
// of the second; the second has the state of machine and run, with typed arrays as base64. The digest is checked before anything
// else is read. Only the build of cistern that wrote a file reads it, and only for the same seed, the same controller, and a
// scenario that was the same up to the snapshot (what-if.ts); a controller is known by its bytes and not by its path. Every other
// file is refused in one line before any value is used. The state holds the keys of telemetry, so the file is for its owner
// alone (mode 0600).

import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { z } from "zod";
import { FileError, reasonOf, writeForOwner } from "../file";
import { ALARMS } from "../../hal/alarms";
import { TICKS_PER_MINUTE } from "../../hal/units";
import { HARM_ROWS } from "../contract/harms";
import type { SavedState } from "../machine/state";
import { buildDigest, VERSION } from "../version";
import type { SavedRun, ScenarioRun } from "./run";
import { ScenarioError } from "../scenario/scenario";
import { formatTicks } from "../time";
import { differenceBefore, keptOf } from "./what-if";

const SCHEMA = "cistern.snapshot/4";
/** The beginning of every snapshot file, of this schema and of others. */
const BEGINNING = '{"schema":"cistern.snapshot/';

const ARRAYS = { Uint8Array, Uint16Array, Int32Array, Float64Array } as const;

const savedArray = z
  .strictObject({
    type: z.enum(Object.keys(ARRAYS) as [keyof typeof ARRAYS, ...(keyof typeof ARRAYS)[]]),
    base64: z.base64(),
  })
  .refine(({ type, base64 }) => Buffer.from(base64, "base64").length % ARRAYS[type].BYTES_PER_ELEMENT === 0, {
    error: "its last number is not whole",
  });
const savedState = z.strictObject({
  scalars: savedArray.refine(({ type }) => type === "Float64Array", { error: "expected a Float64Array" }),
  arrays: z.array(savedArray),
});
const numbers = z.array(z.number());
const word = z.int().min(-0x8000_0000).max(0xffff_ffff);
const count = z.int().nonnegative();
/** JSON has no infinity: the ends of a range that has seen no value yet are null. */
const end = z.number().nullable();

const savedDue = z.strictObject({
  tick: z.int(),
  total_nl: z.number(),
  wallOffset: z.int(),
  isRunning: z.boolean(),
  doseBegan: z.int(),
  startedAt: z.int(),
  bolus_nlPerTick: z.number(),
  bolusUntil: z.int(),
  open_nl: z.number(),
  openUntil: z.number(),
  isPriming: z.boolean(),
  bridgeRatio: z.number(),
  isTrial: z.boolean(),
});

const savedBody = z.strictObject({
  version: z.string(),
  build: z.string(),
  scenario: z.string(),
  seed: z.number(),
  controller: z.string(),
  before: z.strictObject({
    settings: z.record(z.string(), z.unknown()),
    timeline: z.array(z.strictObject({ at_ticks: count, name: z.string(), with: z.unknown() })),
  }),
  run: z.strictObject({
    machine: z.strictObject({
      tick: count,
      executed: count,
      leapt: count,
      machine: savedState,
      controller: savedState,
    }),
    events: z.array(z.tuple([count, word, word, word, word])),
    probes: z.array(z.strictObject({ tick: count, delivered_nl: z.number(), tip_ng: numbers, signals: numbers })),
    ranges: z.array(
      z.strictObject({
        signal: z.string(),
        from: count,
        to: count,
        min: z.number().nullable(),
        max: z.number().nullable(),
        least: end,
        most: end,
        wrong_at: count.nullable(),
      }),
    ),
    tracks_every: z.int().min(TICKS_PER_MINUTE),
    tracks: z.array(z.strictObject({ name: z.string(), ticks: numbers, values: numbers })),
    watch: z.strictObject({
      digest: z.int().nullable(),
      answered: z.int(),
      monitors: z.array(
        z.strictObject({
          books: z.record(z.string(), z.union([z.number(), z.boolean(), z.null(), numbers])),
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
      course: z.strictObject({
        bolus: z
          .strictObject({
            cause: z.int(),
            start: z.int(),
            pulses: z.int(),
            ticks: z.int(),
            isEndAsked: z.boolean(),
            askedUntil: z.int().nullable(),
          })
          .nullable(),
        isBridging: z.boolean(),
        isRunning: z.boolean(),
        alarms: z.int(),
        published: z.int(),
        pulsesLeft: z.int().nullable(),
        refilled: z.int(),
        flying: z.int(),
      }),
      due: savedDue,
    }),
    harms: z.strictObject({
      due: savedDue,
      records: z.array(
        z.strictObject({
          harm: count.max(HARM_ROWS.length - 1),
          first: count,
          ended: count.nullable(),
          reported: count.nullable(),
          by: count.max(ALARMS - 1).nullable(),
        }),
      ),
      raised: z.array(z.int()).length(ALARMS),
      lastRaised: z.array(z.int()).length(ALARMS),
      lastEnded: z.array(z.int()).length(ALARMS),
      alarms: z.int(),
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
      shallow_min: count,
    }),
    commissioned: z.int().min(-1).nullable(),
    lost: count.nullable(),
    sources: z.array(numbers).nullable(),
  }),
});

/** Writes the text of a snapshot, for the owner alone. Throws FileError, also when `path` is a file that is no snapshot. */
export function writeSavedRun(path: string, text: string): void {
  checkSavedRunPath(path);
  writeForOwner(path, [text]);
}

/** Throws FileError when a snapshot at `path` would replace a file that is none. */
export function checkSavedRunPath(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile() || found.size === 0 || beginningOf(path) === BEGINNING) return;
  throw new FileError(path, "the file there is no snapshot, and only a snapshot is replaced", undefined);
}

function beginningOf(path: string): string {
  const bytes = Buffer.alloc(BEGINNING.length);
  try {
    const file = openSync(path, "r");
    try {
      return bytes.toString("latin1", 0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return "";
  }
}

/** The text of a snapshot file for a run at its present moment. */
export function textOfSavedRun(run: ScenarioRun): string {
  const saved = run.save();
  const { machine, harms, watch } = saved;
  const body: z.input<typeof savedBody> = {
    version: VERSION,
    build: buildDigest(),
    scenario: run.scenario.name,
    seed: run.seed,
    controller: run.controllerIdentity,
    before: keptOf(run.scenario),
    run: {
      ...saved,
      machine: { ...machine, machine: pack(machine.machine), controller: pack(machine.controller) },
      ranges: saved.ranges.map((range) => ({ ...range, least: finite(range.least), most: finite(range.most) })),
      harms: { ...harms, tips_nl: [...harms.tips_nl], dues_nl: [...harms.dues_nl] },
      watch: { ...watch, head: headWith(watch.head, (list) => [...list]) },
    },
  };
  const line = `${JSON.stringify(body)}\n`;
  return headOf(line) + line;
}

/** The first line of a snapshot file whose second is `body`. */
function headOf(body: string | Uint8Array): string {
  return `${JSON.stringify({ schema: SCHEMA, sha256: createHash("sha256").update(body).digest("hex") })}\n`;
}

/**
 * Restores a run from the file at `path`. For a file that does not fit it throws ScenarioError (place null, path in the text),
 * and the run is unchanged.
 */
export function resumeFrom(path: string, run: ScenarioRun): void {
  const refuse = (why: string): never => {
    throw new ScenarioError(`${path}: ${why}`, null);
  };
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    return refuse(`cannot be read: ${reasonOf(error as NodeJS.ErrnoException)}`);
  }
  if (bytes.toString("latin1", 0, BEGINNING.length) !== BEGINNING) return refuse("is no snapshot of cistern");
  const end = bytes.indexOf("\n") + 1 || bytes.length;
  const head = bytes.toString("latin1", 0, end);
  if (!head.startsWith(`{"schema":"${SCHEMA}"`)) {
    const found = head.slice(BEGINNING.length).split('"')[0].slice(0, 10);
    return refuse(
      `is a snapshot of format ${found}, or its first line is damaged; this is ${VERSION}, which reads ${SCHEMA}`,
    );
  }
  if (head !== headOf(bytes.subarray(end))) return refuse("is damaged: its SHA-256 is not the one in its first line");
  const body = bodyIn(bytes.toString("utf8", end));
  if (typeof body === "string") return refuse(`is no snapshot that this program wrote: ${body}`);
  if (body.version !== VERSION) {
    return refuse(`was saved by cistern ${body.version}; this is ${VERSION}, which cannot read it`);
  }
  if (body.build !== buildDigest()) {
    return refuse(
      `was saved by another build of cistern ${VERSION}: the code of firmware, board or tool has changed since`,
    );
  }
  if (body.seed !== run.seed) return refuse(`was saved with the seed ${body.seed}, and this run has ${run.seed}`);
  if (body.controller !== run.controllerIdentity) return refuse("was saved with another controller than this run has");
  const { tick } = body.run.machine;
  const difference = differenceBefore(body.before, run.scenario, tick);
  if (difference !== null) {
    throw new ScenarioError(`${path}, at ${formatTicks(tick)}: ${difference.text}`, difference.place);
  }
  const { machine, harms, watch } = body.run;
  const state = { machine: unpack(machine.machine), controller: unpack(machine.controller) };
  const ranges = body.run.ranges.map((range) => ({
    ...range,
    least: range.least ?? Infinity,
    most: range.most ?? -Infinity,
  }));
  const samples = { tips_nl: Float64Array.from(harms.tips_nl), dues_nl: Float64Array.from(harms.dues_nl) };
  const saved: SavedRun = {
    ...{ ...body.run, ranges, machine: { ...machine, ...state } },
    harms: { ...harms, ...samples },
    watch: { ...watch, head: headWith(watch.head, (list) => Float64Array.from(list)) },
  };
  const problem = run.misfit(saved);
  if (problem !== null) return refuse(`does not fit this run: ${problem}`);
  run.restore(saved);
}

/** A head's log with another kind of list. */
function headWith<From, To>(
  log: { ticks: From; steps: From; volumes_nl: From; stepsBefore: number; before_nl: number },
  change: (list: From) => To,
): { ticks: To; steps: To; volumes_nl: To; stepsBefore: number; before_nl: number } {
  const { ticks, steps, volumes_nl } = log;
  return { ...log, ticks: change(ticks), steps: change(steps), volumes_nl: change(volumes_nl) };
}

/** The second line of a snapshot file, or in words why it is none. */
function bodyIn(text: string): z.output<typeof savedBody> | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return `it is not JSON: ${(error as Error).message.split("\n")[0]}`;
  }
  const parsed = savedBody.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return `${issue.path.join(".") || "it"}: ${issue.message}`;
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
  return new kind(bytes.buffer);
}

function bytesOf({ base64 }: z.output<typeof savedArray>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
