// The people of a scenario at their end of the link: what they send for each action, when they ask again, and when they do
// not.

import { describe, expect, test } from "vitest";
import {
  digestOf,
  encodeBridge,
  encodeCommit,
  encodeImplant,
  encodePrime,
  encodeProgram,
  encodeReadLog,
  encodeRefill,
  stagePieces,
  words,
} from "../../emulator/telemetry/messages";
import { parseScenario } from "../../emulator/scenario/load";
import type { Scenario } from "../../emulator/scenario/scenario";
import { People } from "../../emulator/run/people";
import { StateView } from "../../emulator/machine/state";
import {
  COMMAND_BRIDGE,
  COMMAND_COMMIT,
  COMMAND_EXPLANT,
  COMMAND_IMPLANT,
  COMMAND_PATIENT_BOLUS,
  COMMAND_PRIME,
  COMMAND_READ_LOG,
  COMMAND_REFILL,
  COMMAND_SET_CLOCK,
  COMMAND_STAGE,
  COMMAND_STOP,
  CONFIRM_NO_BRIDGE,
  CONFIRM_SOFT_LIMIT,
  CONFIRM_TOTAL,
  LOG_EVENTS,
  LOG_FAULTS,
  LOG_READ_MAX,
  OUTCOME_ACCEPTED,
  OUTCOME_BRIDGE_NEEDED,
  OUTCOME_DIGEST,
  OUTCOME_HARD_LIMIT,
  OUTCOME_LOG_UNREAD,
  OUTCOME_SOFT_LIMIT,
  OUTCOME_STOPPED,
  OUTCOME_TOTAL_DOUBLED,
  REASON_TOLERANCE,
} from "../../hal/telemetry";
import { type Answer, ScriptedPump } from "../programmer/scripted-pump";
import { minimal } from "../scenario/example";

const load = (...entries: string[]): Scenario => parseScenario(minimal(`timeline: [${entries.join(", ")}]`), "t.yaml");

/** Two minutes of a scenario against a pump that answers so; the commissioning is over after one of them. */
function play(scenario: Scenario, answer?: Answer) {
  const pump = new ScriptedPump(answer);
  const people = new People(scenario);
  for (let tick = 0; tick < 12_000; tick++) {
    people.act(pump.machine);
    pump.machine.step();
  }
  return { pump, people };
}

/** The commands from 60 s on, by kind and payload. */
function asked(...entries: string[]): [number, Uint8Array][] {
  const { pump } = play(load(...entries));
  const commissioning = pump.asked.findIndex(({ kind }) => kind === COMMAND_COMMIT) + 1;
  return pump.asked.slice(commissioning).map(({ kind, payload }) => [kind, payload]);
}

describe("LIF-1: the commissioning", () => {
  test("of a pump in service sends clock, catheter, fill and program", () => {
    const scenario = load();
    const { pump, people } = play(scenario);
    const record = encodeProgram(scenario.program);
    expect(pump.asked.map(({ kind, payload }) => [kind, payload])).toEqual([
      [COMMAND_SET_CLOCK, words(scenario.start.minute)],
      [COMMAND_IMPLANT, encodeImplant(890, 195_800, true)],
      [COMMAND_REFILL, encodeRefill(true, 0, 80_000, true)],
      [COMMAND_STAGE, stagePieces(record)[0]],
      [COMMAND_COMMIT, encodeCommit(digestOf(record))],
    ]);
    expect([people.outcome(-1), people.accepted]).toEqual([OUTCOME_ACCEPTED, digestOf(record)]);
  });

  test("of a pump on the shelf sends clock and fill", () => {
    const { pump } = play(parseScenario(minimal("pump: { life: shelf }"), "t.yaml"));
    expect(pump.asked.map(({ kind }) => kind)).toEqual([COMMAND_SET_CLOCK, COMMAND_REFILL]);
  });

  test("sends a program of several patterns in pieces", () => {
    const days = ["mon, tue, wed, thu, fri", "sat, sun"].map(
      (list) => `{ days: [${list}], steps: [{ at: "07:00", rate: 90 uL/day }] }`,
    );
    const scenario = parseScenario(minimal("", `basal: { mode: flex, patterns: [${days.join(", ")}] }`), "t.yaml");
    const { pump } = play(scenario);
    expect(pump.of(COMMAND_STAGE).map(({ payload }) => payload)).toEqual(stagePieces(encodeProgram(scenario.program)));
    expect(pump.of(COMMAND_STAGE)).toHaveLength(2);
  });
});

describe("an action of a scenario is sent as its command", () => {
  test.each<[string, number, Uint8Array]>([
    ["do: prime, volume: 0.3 mL", COMMAND_PRIME, encodePrime(1200, false)],
    ["do: prime, volume: 0.3 mL, confirm: true", COMMAND_PRIME, encodePrime(1200, true)],
    ["do: bridge, old_concentration: 5 mg/mL, volume: 0.2 mL", COMMAND_BRIDGE, encodeBridge(50_000, 800)],
    ["do: implant", COMMAND_IMPLANT, encodeImplant(890, 195_800, false)],
    ["do: implant, purged: true", COMMAND_IMPLANT, encodeImplant(890, 195_800, true)],
    ["do: refill, aspirate: 1 mL, fill: 2 mL", COMMAND_REFILL, encodeRefill(false, 4000, 8000, true)],
    ["do: refill, fill: 2 mL, accept: false", COMMAND_REFILL, encodeRefill(true, 72_000, 8000, false)],
  ])("{ %s }", (action, kind, payload) => {
    expect(asked(`{ at: 60 s, ${action} }`)).toEqual([[kind, payload]]);
  });

  test("the catheter of a scenario is sent in mm and nL", () => {
    const pump = play(
      parseScenario(minimal("pump: { catheter: { length: 70.54 cm, volume: 2 uL/cm } }"), "t.yaml"),
    ).pump;
    expect(pump.of(COMMAND_IMPLANT)[0].payload).toEqual(encodeImplant(705, 141_080, true));
  });

  test("the needle of a refill exchanges the fluid, with the given drugs, before the command is sent", () => {
    const drugs = "drugs: [{ name: baclofen, concentration: 2 mg/mL }]";
    const { pump } = play(
      load("{ at: 60 s, do: refill, fill: 2 mL }", `{ at: 61 s, do: refill, fill: 3 mL, ${drugs} }`),
    );
    expect(pump.needle).toEqual([
      { aspirate_nl: null, fill_nl: 2_000_000, concentrations: null },
      { aspirate_nl: null, fill_nl: 3_000_000, concentrations: [0, 2] },
    ]);
  });

  test("the head lies over the pump for everything but the patient's bolus", () => {
    const { pump } = play(load("{ at: 60 s, do: patient_bolus }", "{ at: 61 s, do: stop }"));
    expect(pump.asked.every(({ kind, head }) => head === (kind !== COMMAND_PATIENT_BOLUS))).toBe(true);
  });
});

describe("LIM-8, THR-7: a commit that the pump questions", () => {
  const program = (more: string): string =>
    `{ at: 60 s, do: program, prescription: { basal: { mode: continuous, rate: 200 uL/day }${more} } }`;
  const all = "confirm: { soft_limit: true, doubled_total: true, no_bridge: true }, reason: tolerance";
  const CONFIRMED = CONFIRM_SOFT_LIMIT | CONFIRM_TOTAL | CONFIRM_NO_BRIDGE;

  /** A pump that refuses every commit after the first with `outcome`, until one confirms `bits` and the total of 800. */
  const wary = (outcome: number, bits: number): Answer => {
    let commits = 0;
    return ({ kind, payload }) => {
      if (kind !== COMMAND_COMMIT) return [OUTCOME_ACCEPTED];
      const total = new DataView(payload.buffer).getUint32(6, true);
      const isMeant = commits++ === 0 || ((payload[4] & bits) !== 0 && total === 800);
      return [isMeant ? OUTCOME_ACCEPTED : outcome, ...words(800, 400)];
    };
  };

  function commits(entry: string, answer: Answer) {
    const scenario = load(entry);
    const { pump, people } = play(scenario, answer);
    const [, ...payloads] = pump.of(COMMAND_COMMIT).map(({ payload }) => payload);
    const action = "action" in scenario.timeline[0] && scenario.timeline[0].action;
    const digest = action && action.do === "program" ? digestOf(encodeProgram(action.program)) : 0;
    return { payloads, outcome: people.outcome(0), accepted: people.accepted === digest, digest };
  }

  test.each<[string, number, number]>([
    ["soft_limit", OUTCOME_SOFT_LIMIT, CONFIRM_SOFT_LIMIT],
    ["total_doubled", OUTCOME_TOTAL_DOUBLED, CONFIRM_TOTAL],
    ["bridge_needed", OUTCOME_BRIDGE_NEEDED, CONFIRM_NO_BRIDGE],
  ])(
    "with %s is repeated once with its confirmations, its reason, and the total that was shown",
    (_, outcome, bits) => {
      const seen = commits(program(`, ${all}`), wary(outcome, bits));
      expect(seen.payloads).toEqual([
        encodeCommit(seen.digest, 0, REASON_TOLERANCE, 0),
        encodeCommit(seen.digest, CONFIRMED, REASON_TOLERANCE, 800),
      ]);
      expect([seen.outcome, seen.accepted]).toEqual([OUTCOME_ACCEPTED, true]);
    },
  );

  test.each<[string, string, number]>([
    ["without a confirmation", "", OUTCOME_SOFT_LIMIT],
    ["with another confirmation", ", confirm: { no_bridge: true, soft_limit: false }", OUTCOME_SOFT_LIMIT],
    ["beyond confirmation", `, ${all}`, OUTCOME_HARD_LIMIT],
    ["that was staged otherwise", `, ${all}`, OUTCOME_DIGEST],
  ])("%s ends with the pump's outcome", (_, more, outcome) => {
    const seen = commits(program(more), wary(outcome, 0));
    expect(seen.payloads).toHaveLength(1);
    expect([seen.outcome, seen.accepted]).toEqual([outcome, false]);
  });

  test("is not repeated again when the pump questions it again", () => {
    const seen = commits(program(`, ${all}`), wary(OUTCOME_TOTAL_DOUBLED, 0));
    expect(seen.payloads).toHaveLength(2);
    expect([seen.outcome, seen.accepted]).toEqual([OUTCOME_TOTAL_DOUBLED, false]);
  });

  test("does not hand its confirmation to the next program", () => {
    const later = program(`, ${all}`).replace("60 s", "70 s");
    const { pump } = play(load(program(`, ${all}`), later), wary(OUTCOME_TOTAL_DOUBLED, CONFIRM_TOTAL));
    const confirmed = pump.of(COMMAND_COMMIT).map(({ payload }) => payload[4]);
    expect(confirmed).toEqual([0, 0, CONFIRMED, 0, CONFIRMED]);
  });

  test("in the commissioning has the confirmations of the prescription", () => {
    const scenario = parseScenario(minimal("", `basal: { mode: continuous, rate: 200 uL/day }, ${all}`), "t.yaml");
    const { pump, people } = play(scenario, ({ kind, payload }) => [
      kind === COMMAND_COMMIT && payload[4] === 0 ? OUTCOME_SOFT_LIMIT : OUTCOME_ACCEPTED,
      ...words(800, 0),
    ]);
    expect(pump.of(COMMAND_COMMIT).map(({ payload }) => payload[4])).toEqual([0, CONFIRMED]);
    expect(people.outcome(-1)).toBe(OUTCOME_ACCEPTED);
  });
});

describe("LIF-1, LOG-1: an explant", () => {
  /** A pump with that many entries in each ring; EXPLANT only once all have been read. */
  const holding = (...entries: number[]): Answer => {
    const read = [0, 0];
    return ({ kind, payload }) => {
      if (kind === COMMAND_STOP) return [OUTCOME_STOPPED];
      if (kind === COMMAND_EXPLANT)
        return [read.every((last, ring) => last === entries[ring]) ? 0 : OUTCOME_LOG_UNREAD];
      if (kind !== COMMAND_READ_LOG) return [OUTCOME_ACCEPTED];
      const ring = payload[0];
      const first = new DataView(payload.buffer).getUint32(1, true);
      const count = Math.max(0, Math.min(LOG_READ_MAX, entries[ring] - first + 1));
      const rows = Array.from({ length: count }, (_, i) => [...words(first + i, 0, 0, 0, 0), 1]);
      if (count > 0) read[ring] = first + count - 1;
      return [OUTCOME_ACCEPTED, count, ...rows.flat()];
    };
  };

  test("stops the pump, reads both rings from the entry after the last one received, then explants", () => {
    const { pump, people } = play(load("{ at: 60 s, do: explant }"), holding(9, 4));
    const kinds = pump.asked.map(({ kind }) => kind).filter((kind) => kind !== COMMAND_READ_LOG);
    expect(kinds.slice(-2)).toEqual([COMMAND_STOP, COMMAND_EXPLANT]);
    expect(pump.of(COMMAND_READ_LOG).map(({ payload }) => payload)).toEqual([
      ...[1, 5, 9, 10].map((first) => encodeReadLog(LOG_EVENTS, first)),
      ...[1, 5].map((first) => encodeReadLog(LOG_FAULTS, first)),
    ]);
    expect(pump.asked[pump.asked.length - 1].kind).toBe(COMMAND_EXPLANT);
    expect(people.outcome(0)).toBe(OUTCOME_ACCEPTED);
  });

  test("asks an empty log once for each ring", () => {
    const { pump } = play(load("{ at: 60 s, do: explant }"), holding(0, 0));
    expect(pump.of(COMMAND_READ_LOG)).toHaveLength(2);
  });

  test("stops asking a pump that gives the same entry again and again", () => {
    const { pump } = play(load("{ at: 60 s, do: explant }"), ({ kind }) =>
      kind === COMMAND_READ_LOG ? [OUTCOME_ACCEPTED, 1, ...words(7, 0, 0, 0, 0), 1] : [OUTCOME_ACCEPTED],
    );
    expect(pump.of(COMMAND_READ_LOG)).toHaveLength(4);
    expect(pump.of(COMMAND_EXPLANT)).toHaveLength(1);
  });
});

test("EMU-5: other people continue an exchange that was saved as plain state in the middle", () => {
  const scenario = load("{ at: 60 s, do: explant }");
  const ring = ({ kind, payload }: { kind: number; payload: Uint8Array }): number[] => {
    const first = kind === COMMAND_READ_LOG ? payload[1] : 9;
    return first < 9 ? [OUTCOME_ACCEPTED, 1, ...words(first, 0, 0, 0, 0), 1] : [OUTCOME_ACCEPTED, 0];
  };
  const pump = new ScriptedPump(ring);
  let people = new People(scenario);
  for (let tick = 0; tick < 6_010; tick++) {
    people.act(pump.machine);
    pump.machine.step();
    const saved = new StateView({ people }).save();
    people = new People(scenario);
    new StateView({ people }).restore(saved);
  }
  for (; people.outcome(0) < 0 && pump.machine.tick < 7_000; pump.machine.step()) people.act(pump.machine);
  expect(people.outcome(0)).toBe(OUTCOME_ACCEPTED);
  expect(pump.of(COMMAND_READ_LOG).map(({ payload }) => payload[1])).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
});
