// Every bit of every word of the controller's memory, flipped once at a seeded moment in each mode of therapy (RAM-1, RAM-2).
// After the flip the pump runs on for a quarter of an hour in which a patient asks for a bolus and somebody interrogates it,
// and is held against the same pump without the flip. Nothing more may be given, and less only with an alarm.

import {
  COMMAND_BRIDGE,
  COMMAND_INTERROGATE,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_STOP,
} from "../../hal/telemetry";
import { encodeBridge, encodePrime } from "../../emulator/telemetry/messages";
import { faultIndex } from "../../emulator/faults";
import type { Snapshot } from "../../emulator/machine/machine";
import { nameOf } from "../../emulator/machine/state";
import { RandomStream } from "../../emulator/random";
import { HOUR, MINUTE, Pump } from "../pump";

/** Flips of one field: those that left no trace, those that an alarm told of, and those that changed memory and no act. */
export interface FlipRow {
  tried: number;
  masked: number;
  detected: number;
  harmless: number;
}

export interface FlipCampaign {
  rows: Map<string, FlipRow>;
  /** Harm that no flip may do, in words. */
  harm: string[];
}

/** Minutes after the flip: a bolus is asked for, the pump is interrogated, and the watch ends. */
const ASKED_MINUTE = 5;
const INTERROGATED_MINUTE = 8;
const WATCHED_MINUTES = 15;
/** The moment of the flips lies within so many ticks of the mode's beginning. */
const MOMENTS = 8 * MINUTE;
const WORD_BITS = 32;
const RAM_FLIP = faultIndex("ram_flip");

const PLAIN = { limits: [], low_pulses: 0 };
const drugs = (concentration: number) => [{ id: 1, concentration }];
const wide = { limits: [{ pulses: 4_000, window_min: 60 }] };

/** A pump in each mode, an hour after its start. */
export const MODES: Readonly<Record<string, () => Pump>> = {
  continuous: () => new Pump({ rate: 100_000, ...wide }).wait(HOUR),
  flex: () => {
    const steps = Array.from({ length: 13 }, (_, i) => ({ minute: 5 * i, rate: 90_000 + 5_000 * i }));
    return new Pump({
      ...PLAIN,
      ...wide,
      mode: "flex",
      rate: 0,
      flex: { patterns: [steps], weekdays: Array(7).fill(0) },
    }).wait(HOUR / 2);
  },
  periodic: () => {
    const periodic = { pulses: 60, duration_s: 1_500, every_min: 50 };
    return new Pump({ ...PLAIN, ...wide, mode: "periodic", rate: 0, periodic }).wait(HOUR);
  },
  minimum: () => new Pump({ ...wide, mode: "minimum", rate: 0 }).wait(HOUR),
  stopped: () => asked(new Pump(wide).wait(HOUR), COMMAND_STOP),
  "patient bolus": () => asked(new Pump(wide).wait(HOUR), COMMAND_PATIENT_BOLUS),
  prime: () => asked(new Pump({ limits: [] }).wait(HOUR), COMMAND_PRIME, encodePrime(700, true)),
  bridge: () => {
    const pump = new Pump({ limits: [], drugs: drugs(100_000), rate: 100_000 }).wait(HOUR);
    asked(pump, COMMAND_BRIDGE, encodeBridge(100_000, 200));
    pump.program({ ...PLAIN, bolus: null, mode: "continuous", rate: 50_000, drugs: drugs(200_000) });
    return pump;
  },
  stalled: () => {
    const pump = new Pump({ rate: 100_000, ...wide }).wait(HOUR);
    pump.machine.inject("motor_stall");
    return pump.wait(5 * MINUTE);
  },
  limited: () => new Pump({ rate: 100_000, limits: [{ pulses: 100, window_min: 60 }] }).wait(HOUR),
};

function asked(pump: Pump, kind: number, payload?: Uint8Array): Pump {
  if (pump.programmer.outcome(kind, payload) !== 0) throw new Error(`command ${kind} was refused`);
  return pump;
}

export const modes = Object.keys(MODES);

/**
 * Flips one in `rarity` of those bits that meet this mode, when each bit meets another one. Returns harm, and how many an alarm
 * reported.
 */
export function flipPart(mode: string, rarity: number): { harm: string[]; detected: number } {
  const campaign: FlipCampaign = { rows: new Map(), harm: [] };
  flipMode(mode, 7, campaign, (index) => index % (rarity * modes.length) === modes.indexOf(mode));
  const detected = [...campaign.rows.values()].reduce((total, row) => total + row.detected, 0);
  return { harm: campaign.harm, detected };
}

/** Every word of the controller's memory, by path. */
export function words(pump: Pump): string[] {
  const { firmware } = pump.machine;
  return firmware.paths().flatMap((path) => (firmware.read(path) === undefined ? elements(pump, path) : [path]));
}

function elements(pump: Pump, path: string): string[] {
  const found: string[] = [];
  while (pump.machine.firmware.read(`${path}[${found.length}]`) !== undefined) found.push(`${path}[${found.length}]`);
  return found;
}

/** Both words of a value, and all elements of an array, are one field. */
export function fieldOf(word: string): string {
  return nameOf(word.replace(/\[\d+\]$/, ""));
}

/** Flips in one mode, at a moment drawn from `seed`; all bits, or those for which `picked` is true. */
export function flipMode(
  mode: string,
  seed: number,
  campaign: FlipCampaign,
  picked: (index: number) => boolean = () => true,
): void {
  const pump = MODES[mode]();
  const { machine } = pump;
  machine.leap(Math.floor(new RandomStream(seed, mode).fraction() * MOMENTS));
  // The session in which the patient asks: it lasts as long as the watched time.
  asked(pump, COMMAND_INTERROGATE);
  machine.listener = null;
  const before = machine.snapshot();
  const healthy = live(pump, before, null);
  let index = 0;
  for (const word of words(pump)) {
    for (let bit = 0; bit < WORD_BITS; bit++) {
      if (!picked(index++)) continue;
      const flipped = live(pump, before, () => machine.inject("ram_flip", bit, word));
      if (!flipped.acted) continue;
      const row = rowOf(campaign, fieldOf(word));
      const verdict = judge(flipped, healthy);
      row.tried++;
      if (verdict === "harm")
        campaign.harm.push(`${mode}: ${word} bit ${bit}: ${summary(flipped)} for ${summary(healthy)}`);
      else row[verdict]++;
    }
  }
}

interface Life {
  acted: boolean;
  steps: number;
  tone_ticks: number;
  alarms: number;
  memory: string;
}

/** The watched time from one moment on. */
function live(pump: Pump, before: Snapshot, flip: (() => void) | null): Life {
  const { machine } = pump;
  machine.restore(before);
  flip?.();
  const acted = machine.faults.acts[RAM_FLIP] > 0;
  machine.leap(ASKED_MINUTE * MINUTE);
  pump.say(COMMAND_PATIENT_BOLUS, 40_000);
  machine.leap((INTERROGATED_MINUTE - ASKED_MINUTE) * MINUTE);
  pump.say(COMMAND_INTERROGATE, 40_001);
  machine.leap((WATCHED_MINUTES - INTERROGATED_MINUTE) * MINUTE);
  return {
    acted,
    steps: machine.board.motor.steps,
    tone_ticks: machine.board.sounder.toneTicks(),
    alarms: machine.signal("alarm.active"),
    memory: machine.controllerFingerprint(),
  };
}

function judge(flipped: Life, healthy: Life): "harm" | "masked" | "detected" | "harmless" {
  if (flipped.steps > healthy.steps) return "harm";
  if ((flipped.alarms & ~healthy.alarms) !== 0) return "detected";
  const same =
    flipped.steps === healthy.steps && flipped.tone_ticks === healthy.tone_ticks && flipped.alarms === healthy.alarms;
  if (!same) return "harm";
  return flipped.memory === healthy.memory ? "masked" : "harmless";
}

function rowOf({ rows }: FlipCampaign, field: string): FlipRow {
  const row = rows.get(field) ?? { tried: 0, masked: 0, detected: 0, harmless: 0 };
  rows.set(field, row);
  return row;
}

function summary({ steps, alarms }: Life): string {
  return `${steps} steps, alarms ${alarms}`;
}
