// A patient's handset that is stuck: a thousand requests a minute for fifty minutes. The pump answers each, grants what
// lockout and cap allow, counts and logs what it denies, and gives basal as if nobody had asked. What it costs is charge.

import { beforeAll, describe, expect, test } from "vitest";
import { telemetryReader } from "../../emulator/telemetry/frame";
import { decodeStatus } from "../../emulator/telemetry/messages";
import { COMMAND_INTERROGATE, COMMAND_PATIENT_BOLUS, LOG_EVENTS, LOG_FAULTS, ROLE_PATIENT } from "../../hal/telemetry";
import { CAUSE_BASAL, CAUSE_PATIENT_BOLUS, EVENT_BOLUS_DENIED, EVENT_BOOT } from "../../hal/trace";
import { outcomeName } from "../../emulator/contract/codes";
import { say } from "../listen";
import { collectPumps, DAY, HOUR, MINUTE, PROGRAM, Pump, SECOND } from "../pump";
import { statesHarms } from "./stated-harms";

collectPumps();

/** A thousand a minute. */
const EVERY = 6;
/** A minute and a second, so that no request falls on it. */
const KEPT_EVERY = 6_101;
const STORM = 50 * MINUTE;
const LOCKOUT = 15 * MINUTE;
const CAP = 3;
/** The charge that a byte on the air and a pulse draw from the cell, and that of the cell, in uC. */
const BYTE_UC = 20;
const PULSE_UC = 550;
const CAPACITY_UC = 7.2e9;

interface Answer {
  tick: number;
  outcome: string;
}

/** 0.5 mL/day, so that a pulse of basal is due every 43 s, and 5 uL over five minutes on request. */
class Handset {
  readonly pump = new Pump({
    rate: 50_000,
    bolus: { ...PROGRAM.bolus!, lockout_min: 15, per24h: CAP },
    limits: [{ pulses: 400, window_min: 60 }],
  });
  readonly answers: Answer[] = [];
  /** When each pulse of basal showed. */
  readonly basal: number[] = [];
  private sequence = 0;
  private readonly asked = new Map<number, number>();
  private readonly reader = telemetryReader();
  private readonly drawnBefore_uC: number;

  constructor() {
    this.pump.wait(HOUR - MINUTE);
    this.pump.programmer.open(ROLE_PATIENT);
    this.pump.wait(MINUTE);
    this.drawnBefore_uC = this.pump.machine.board.battery.drawn_uC;
  }

  /** Lets `ticks` pass, every one, and asks in those that are named; `kept`: the session is kept open between. */
  hold(ticks: number, asks: (tick: number) => boolean, kept = false): this {
    const { machine } = this.pump;
    let given_nl = machine.world.byCause_nl[CAUSE_BASAL];
    for (const end = machine.tick + ticks; machine.tick < end;) {
      if (asks(machine.tick)) this.ask(COMMAND_PATIENT_BOLUS);
      else if (kept && machine.tick % KEPT_EVERY === 0) this.ask(COMMAND_INTERROGATE);
      machine.step();
      this.listen();
      if (machine.world.byCause_nl[CAUSE_BASAL] > given_nl) this.basal.push(machine.tick);
      given_nl = machine.world.byCause_nl[CAUSE_BASAL];
    }
    this.pump.assertInvariants();
    return this;
  }

  /** Charge since the handset got stuck, as of the last whole minute. */
  drawn_uC(): number {
    return this.pump.machine.board.battery.drawn_uC - this.drawnBefore_uC;
  }

  granted(): number[] {
    return this.answers.filter(({ outcome }) => outcome === "accepted").map(({ tick }) => tick);
  }

  /** How many answers of each kind there were. */
  tally(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { outcome } of this.answers) counts[outcome] = (counts[outcome] ?? 0) + 1;
    return counts;
  }

  private ask(kind: number): void {
    const { machine } = this.pump;
    this.sequence++;
    if (kind === COMMAND_PATIENT_BOLUS) this.asked.set(this.sequence, machine.tick);
    say(machine, this.pump.programmer.sealed(kind, this.sequence, undefined, ROLE_PATIENT));
  }

  private listen(): void {
    const { link } = this.pump.machine.board;
    for (let frame = this.reader.hear(link); frame; frame = this.reader.hear(link)) {
      const reply = this.pump.programmer.channel(ROLE_PATIENT).open(frame);
      const tick = reply && this.asked.get(reply.sequence);
      if (tick) this.answers.push({ tick, outcome: outcomeName(reply.payload[0]) });
    }
  }
}

const often = (tick: number) => tick % EVERY === 0;
const never = () => false;

describe("a thousand requests a minute", () => {
  let stuck: Handset;
  let quiet: Handset;
  beforeAll(() => {
    stuck = new Handset().hold(STORM, often);
    quiet = new Handset().hold(STORM, never);
  });

  test("PTB-1, PTB-2: are each answered, and as many are granted as the cap allows, each as soon as the lockout ends", () => {
    expect(stuck.answers).toHaveLength(STORM / EVERY);
    const starts = stuck.granted();
    expect(starts).toHaveLength(CAP);
    for (let i = 1; i < CAP; i++) {
      expect(starts[i] - starts[i - 1]).toBeGreaterThanOrEqual(LOCKOUT);
      expect(starts[i] - starts[i - 1]).toBeLessThanOrEqual(LOCKOUT + EVERY);
    }
    expect(Object.keys(stuck.tally()).sort()).toEqual(["accepted", "busy", "lockout", "per_24h"]);
  });

  test("PTB-5: are in the usage report with every grant and every denial by its reason", () => {
    const { accepted, lockout, per_24h, busy } = stuck.tally();
    const status = decodeStatus(stuck.pump.programmer.ask(COMMAND_INTERROGATE)!.payload)!;
    expect(status.requests).toBe(STORM / EVERY);
    expect(status.granted).toBe(accepted);
    // By outcome 1 to 9.
    expect(status.denied).toEqual([lockout, per_24h, 0, busy, 0, 0, 0, 0, 0]);
    for (const [reason, count] of Object.entries({ lockout, per_24h, busy })) {
      expect(stuck.pump.heard("bolus_denied", { reason })).toHaveLength(count);
    }
  });

  test("LOG-1: are in the log with the first 24 denials of a day, and push out neither a fault nor an older entry", () => {
    const entries = stuck.pump.programmer.readLog(LOG_EVENTS)!;
    const denials = entries.filter(({ code }) => code === EVENT_BOLUS_DENIED);
    const said = stuck.answers.filter(({ outcome }) => outcome !== "accepted");
    expect(said.length).toBeGreaterThan(1_000);
    expect(denials).toHaveLength(24);
    expect(denials.map(({ a, b }) => [a, outcomeName(b)])).toEqual(
      said.slice(0, 24).map(({ outcome }) => [CAUSE_PATIENT_BOLUS, outcome]),
    );
    expect(entries[0].sequence).toBe(1);
    const [first] = stuck.pump.programmer.readLog(LOG_FAULTS)!;
    expect([first.sequence, first.code]).toEqual([1, EVENT_BOOT]);
  });

  test("THR-5: leave basal, pulse by pulse, as it is for a patient who asks three times", () => {
    const starts = new Set(stuck.granted());
    const modest = new Handset().hold(STORM, (tick) => starts.has(tick), true);
    expect(modest.granted()).toEqual([...starts]);
    expect(stuck.basal).toEqual(modest.basal);
    expect(stuck.pump.machine.world.byCause_nl).toEqual(modest.pump.machine.world.byCause_nl);
  });

  test("THR-5: leave basal as it is for a patient who never asks, but for the 900 ms between two pulses", () => {
    expect(stuck.basal.length).toBeGreaterThan(60);
    expect(stuck.basal).toHaveLength(quiet.basal.length);
    stuck.basal.forEach((tick, i) => {
      expect(tick).toBeGreaterThanOrEqual(quiet.basal[i]);
      expect(tick).toBeLessThanOrEqual(quiet.basal[i] + 90);
    });
  });

  test("PWR-1: draw charge by the byte, so that a cell of nine years would last a fortnight", () => {
    for (const { pump } of [stuck, quiet]) pump.wait(MINUTE);
    const bytes = ({ pump }: Handset) => pump.machine.signal("link.rx_bytes") + pump.machine.signal("link.tx_bytes");
    const boluses = CAP * PROGRAM.bolus!.pulses;
    expect(stuck.drawn_uC() - quiet.drawn_uC()).toBe((bytes(stuck) - bytes(quiet)) * BYTE_UC + boluses * PULSE_UC);
    const lasts_days = (handset: Handset) => (CAPACITY_UC / handset.drawn_uC()) * ((STORM + MINUTE) / DAY);
    expect(lasts_days(quiet)).toBeGreaterThan(9 * 365);
    expect(lasts_days(stuck)).toBeLessThan(14);
  });

  test("PTB-2: get one more grant a day after the first one, and not before", () => {
    const [first] = stuck.granted();
    stuck.pump.wait(first + DAY - 40 * SECOND - stuck.pump.machine.tick);
    stuck.pump.programmer.open(ROLE_PATIENT);
    stuck.pump.wait(first + DAY - 30 * SECOND - stuck.pump.machine.tick);
    stuck.hold(MINUTE, often);
    const starts = stuck.granted();
    expect(starts).toHaveLength(CAP + 1);
    expect(starts[CAP] - first).toBeGreaterThanOrEqual(DAY);
    expect(starts[CAP] - first).toBeLessThanOrEqual(DAY + EVERY);
  });
});

statesHarms({});
