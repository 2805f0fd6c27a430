// The served pump with the test at its port and at its clock: what it does when nobody speaks, who has the link when, how
// much may wait, and that nothing at the port touches therapy.

import { describe, expect, test } from "vitest";
import { QUEUE_BYTES } from "../../emulator/port/byte-ring";
import { referenceController } from "../../emulator/machine/controller-host";
import { Served } from "../../emulator/rig/serve";
import { reportOf, statusOf } from "../../emulator/rig/serve-report";
import { parseScenario } from "../../emulator/scenario/load";
import { ScenarioRun } from "../../emulator/run/run";
import { minimal } from "../scenario/example";
import { FakePort } from "./fake-port";
import { Poller } from "./poller";
import { versionAnswers, versionQuestion } from "./version-frame";
import { TICKS_PER_MINUTE as MINUTE } from "../../hal/units";

const PEOPLE = `timeline:
  - { at: 20 s, do: patient_bolus }
  - { at: 30 s, do: interrogate }
  - { at: 40 s, do: stop }
  - { at: 50 s, do: start }`;
const BOLUS =
  "basal: { mode: continuous, rate: 600 uL/day }, patient_bolus: { volume: 10 uL, duration: 5 min, lockout: 60 min, per_24h: 4 }";

interface Setup {
  speed?: number;
  until?: number;
  head?: boolean;
  more?: string;
}

const scenario = (more = PEOPLE) => parseScenario(minimal(more, BOLUS), "t.yaml");

function rig({ speed = Infinity, until, head = true, more = PEOPLE }: Setup = {}) {
  const setup = { gear: "leap", controller: referenceController, tracks: false, endless: true } as const;
  const run = new ScenarioRun(scenario(more), { ...setup, ...(until === undefined ? {} : { until_ticks: until }) });
  const port = new FakePort();
  const clock = { now_ms: 0 };
  const served = new Served(run, port, { speed, head, now_ms: () => clock.now_ms });
  /** On to tick `tick`, every tick executed, in real time. */
  const until_tick = (tick: number) => {
    served.setSpeed(1);
    while (run.machine.tick < tick && served.ending === null) {
      served.work();
      clock.now_ms += 10;
    }
  };
  return { run, port, clock, served, machine: run.machine, link: run.machine.board.link, until_tick };
}

/** The same scenario without a port. */
function plain(tick: number, more = PEOPLE) {
  const run = new ScenarioRun(scenario(more), { gear: "leap", controller: referenceController, tracks: false });
  run.advance(tick);
  return run.machine;
}

describe("a served pump to which nobody speaks", () => {
  test("EMU-1: has the fingerprint of a plain run at every tick of the commissioning", () => {
    const { machine, until_tick } = rig();
    for (let tick = 1; tick <= 80; tick++) {
      until_tick(tick);
      expect(machine.tick).toBe(tick);
      expect(machine.fingerprint(), `tick ${tick}`).toBe(plain(tick).fingerprint());
    }
  });

  test.each([1500, 2001, 2003, 4002, 3 * MINUTE, 60 * MINUTE])(
    "EMU-1: has the fingerprint of a plain run at tick %d at full speed",
    (until) => {
      const { served, port, machine } = rig({ until });
      served.work();
      expect([served.ending, machine.tick, port.sent]).toEqual(["until", until, []]);
      expect(machine.fingerprint()).toBe(plain(until).fingerprint());
      if (until > MINUTE) expect(machine.leapt).toBeGreaterThan(until / 2);
    },
  );

  test("runs on after the end of the scenario", () => {
    const { served, machine } = rig({ until: 30 * 24 * 60 * MINUTE });
    served.work();
    expect(machine.tick).toBe(30 * 24 * 60 * MINUTE);
    expect(machine.board.motor.pulses).toBeGreaterThan(2400 * 29);
  });
});

describe("the link of a served pump", () => {
  test("answers a query at the port there, and counts it", () => {
    const { port, served, until_tick } = rig();
    until_tick(1000);
    port.say(versionQuestion());
    until_tick(1010);
    expect(versionAnswers(port.sent)).toBe(1);
    expect(served.carried).toMatchObject({
      rx_bytes: versionQuestion().length,
      rx_frames: 1,
      tx_bytes: port.sent.length,
      tx_frames: 1,
      rx_dropped: 0,
      tx_dropped: 0,
    });
  });

  test("serves the scenario's people first, while the port waits and hears nothing of theirs", () => {
    const { run, port, served, until_tick } = rig();
    until_tick(10);
    expect(run.exchangesAt(10)).toBe(true);
    port.say(versionQuestion());
    let waited = 0;
    for (let tick = 11; run.exchangesAt(tick - 1); tick++) {
      until_tick(tick);
      expect(port.sent).toEqual([]);
      waited++;
    }
    expect(waited).toBeGreaterThan(2);
    until_tick(200);
    expect(versionAnswers(port.sent)).toBe(1);
    expect(served.carried.withheld).toBeGreaterThan(0);
    expect(run.countEvents("program_accepted")).toBe(1);
  });

  test("answers a host that asks all the time, and still serves the people of the scenario", () => {
    const { run, port, until_tick } = rig();
    until_tick(100);
    const host = new Poller(port);
    for (let tick = 105; tick < 6000; tick += 5) {
      host.poll();
      until_tick(tick);
    }
    host.hear();
    // Each of the people's exchanges ends the host's session: a refusal, a new session, perhaps a frame that was on its way.
    expect(host.asked).toBeGreaterThan(1000);
    expect(host.answers).toBeGreaterThan(host.asked - 20);
    for (const name of ["bolus_started", "stopped", "started"]) expect(run.countEvents(name), name).toBe(1);
  });

  test("has the head over the pump while a programmer speaks, and away for a patient's request", () => {
    const { port, served, link, until_tick } = rig();
    until_tick(1000);
    expect(link.programmingHead).toBe(false);
    port.say(versionQuestion());
    until_tick(1001);
    expect(link.programmingHead).toBe(true);
    until_tick(2001);
    expect(link.programmingHead).toBe(false);
    until_tick(2100);
    expect(link.programmingHead).toBe(true);
    served.head = false;
    until_tick(2101);
    expect(link.programmingHead).toBe(false);
    until_tick(3001);
    expect(link.programmingHead).toBe(true);
    until_tick(3100);
    expect(link.programmingHead).toBe(false);
  });
});

describe("bytes that wait for the pump", () => {
  test("reach it as fast as the line carries them", () => {
    const { port, link, until_tick } = rig();
    until_tick(1000);
    const before = link.rxBytes;
    port.say(new Uint8Array(1000).fill(7));
    for (let ticks = 1; ticks <= 8; ticks++) {
      until_tick(1000 + ticks);
      expect(link.rxBytes - before).toBe(ticks * 115);
    }
    until_tick(1020);
    expect([link.rxBytes - before, link.overflows]).toEqual([1000, 0]);
  });

  test("are bounded in number when a host never stops, and the dropped ones are counted", () => {
    const { port, served, link, until_tick } = rig();
    until_tick(1000);
    const chunk = new Uint8Array(10_000).fill(1);
    for (let i = 0; i < 100; i++) port.say(chunk);
    until_tick(1100);
    const { rx_bytes, rx_dropped, rx_queue_most } = served.carried;
    expect(rx_queue_most).toBe(60_000);
    expect(rx_queue_most).toBeLessThanOrEqual(QUEUE_BYTES);
    expect([rx_dropped, rx_bytes, link.overflows]).toEqual([940_000, 115 * 100, 0]);
  });

  test("HIL-2: leave therapy as it is, whether the port is full, lost or back", () => {
    const { port, served, machine, run, until_tick } = rig({ more: "" });
    const host = new Poller(port);
    const pulses: number[] = [];
    for (let tick = 100; tick <= 12_000; tick += 100) {
      until_tick(tick);
      host.poll();
      if (tick === 2000) port.full = true;
      if (tick === 4000) port.full = false;
      if (tick === 6000) port.lose();
      if (tick === 8000) port.comeBack();
      pulses.push(machine.board.motor.pulses);
    }
    expect(pulses).toEqual(pulses.map((_, i) => plain(100 * (i + 1), "").board.motor.pulses));
    expect(pulses[pulses.length - 1]).toBeGreaterThan(2);
    expect(served.carried).toMatchObject({ losses: 1, returns: 1 });
    expect(served.carried.tx_dropped).toBe(port.dropped);
    expect(port.dropped).toBeGreaterThan(0);
    // A third of 120 questions fell into the two losses.
    host.hear();
    expect(host.answers).toBeGreaterThan(70);
    expect(run.invariantRows().filter((row) => !row.ok)).toEqual([]);
  });
});

describe("the speed of a served pump", () => {
  test("leaps over no tick within ten minutes of the last frame, and leaps after them", () => {
    const { port, served, machine, until_tick } = rig({ more: "", until: 30 * MINUTE });
    until_tick(MINUTE);
    port.say(versionQuestion());
    until_tick(MINUTE + 10);
    const { leapt } = machine;
    served.setSpeed(Infinity);
    const seen: number[] = [];
    served.after(9 * MINUTE, () => undefined);
    served.work();
    seen.push(machine.tick, machine.leapt - leapt);
    served.work();
    seen.push(machine.tick);
    expect(seen).toEqual([10 * MINUTE + 10, 0, 30 * MINUTE]);
    expect(machine.leapt - leapt).toBeGreaterThan(15 * MINUTE);
  });

  test("HIL-1: counts and reports missed deadlines, lateness and slips", () => {
    const { served, clock, machine } = rig({ speed: 1 });
    served.work();
    clock.now_ms = 300;
    served.work();
    expect(machine.tick).toBe(31);
    expect(statusOf(served).pacing).toMatchObject({ timed: 31, misses: 28, slipped: 0 });
    clock.now_ms = 10_000;
    served.work();
    const report = reportOf(served);
    expect(report.pacing.slipped).toBe(869);
    expect(report.pacing.lateness.most_us).toBeGreaterThanOrEqual(1_000_000);
    expect(report.pacing.histogram.reduce((sum, row) => sum + row.count, 0)).toBe(report.pacing.timed);
    expect(report.speed.host_s).toBe(10);
  });

  test("meets a moment that somebody waits for exactly, at any speed", async () => {
    const { served, machine } = rig({ more: "", until: 100 * MINUTE });
    const seen: number[] = [];
    served.after(12_345, () => seen.push(machine.tick));
    const giveUp = served.after(20_000, () => seen.push(-1));
    giveUp();
    served.work();
    await Promise.resolve();
    expect(seen).toEqual([12_345]);
    served.work();
    await Promise.resolve();
    expect([seen, served.ending]).toEqual([[12_345], "until"]);
  });
});

describe("the end of a served run", () => {
  test("comes with a controller that fails, and the report says why", () => {
    const run = new ScenarioRun(scenario(""), {
      gear: "leap",
      controller: {
        name: "broken",
        mount: (hal) => {
          const host = referenceController.mount(hal);
          return Object.assign(Object.create(host) as typeof host, {
            tick: () => {
              throw new Error("boom");
            },
          });
        },
      },
      tracks: false,
      endless: true,
    });
    const served = new Served(run, new FakePort(), { speed: Infinity, head: true, now_ms: () => 0 });
    served.work();
    expect(served.ending).toBe("failure");
    expect(reportOf(served)).toMatchObject({
      verdict: "invalid",
      reason: expect.stringContaining("the controller failed in tick 0: boom ("),
    });
  });

  test("finds the newest events of a long run, and the number of those that were dropped", () => {
    const run = new ScenarioRun(scenario(""), {
      gear: "leap",
      controller: referenceController,
      tracks: false,
      endless: true,
      events_max: 8,
    });
    for (let i = 0; i < 40; i++) {
      run.machine.inject("reset");
      run.advance(run.machine.tick + 300);
    }
    const kept = run.lastEvents(1000);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(run.eventsForgotten).toBeGreaterThan(10);
    expect(kept[kept.length - 1].tick).toBeGreaterThan(11_000);
  });
});
