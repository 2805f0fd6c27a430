// Makes the status and the report of `serve`, each as one JSON value: the time, how well real time was kept, the bytes that
// passed through the port, and the verdict. The printed text, `--json`, and the replies to `status` and `report` of the control
// channel are made from them. The verdict is that of every run (run/verdict.ts), from the findings that a service can have: its
// invariants, its harms, and the controller's contract. Expectations are about a scenario that nobody else takes part in, so a
// service judges none. A signal is the usual end of a service and takes nothing from its verdict; before the pump was
// commissioned there is nothing to judge yet, and then the service was interrupted.

import { ALARMS } from "../../hal/alarms";
import { alarmName } from "../contract/alarms";
import { wallTextAt } from "../calendar";
import { FAULTS } from "../faults";
import { secondsOf } from "../time";
import type { RunReport } from "../run/report";
import { VERSION } from "../version";
import { textOfSpeed } from "../speed";
import { judgementOf, type Judgement } from "../run/verdict";
import type { Paced } from "./pacing";
import type { Carried, Ending, Served } from "./serve";
import { toThousandth } from "../amounts";

export interface ServeStatus {
  tick: number;
  time_s: number;
  wall: string;
  /** The speed that was asked for, and the speed that was reached since the start. */
  speed: string;
  speed_kept: number;
  head: "in-place" | "away";
  port: Carried & { path: string; open: boolean; queued: number; link_overflows: number };
  pacing: Paced;
  /** The names of the active alarms. */
  alarms: string[];
  signals: Record<string, number>;
}

export interface ServeReport extends Judgement {
  schema: "cistern.serve/1";
  version: string;
  scenario: string;
  seed: number;
  controller: string;
  ended: { tick: number; time_s: number; wall: string; by: Ending | null };
  fingerprint: string;
  delivered: { pulses: number; volume_nl: number };
  speed: { asked: string } & RunReport["speed"];
  pacing: Paced & { histogram: { most_us: number | null; count: number }[] };
  port: ServeStatus["port"];
  alarms: string[];
  /** The faults that are on now or have acted. */
  faults: { name: string; on: boolean; acted: number }[];
  invariants: RunReport["invariants"];
  harms: RunReport["harms"];
  outside_calls: RunReport["outside_calls"];
  events_forgotten: number;
}

export function statusOf(served: Served): ServeStatus {
  const { run, port, pacer } = served;
  const { machine } = run;
  const host_s = served.host_s;
  const { board } = machine;
  const simulated_s = secondsOf(machine.tick - served.firstTick);
  return {
    ...placeOf(served),
    speed: textOfSpeed(pacer.speed),
    speed_kept: host_s > 0 ? toThousandth(simulated_s / host_s) : 0,
    head: served.head ? "in-place" : "away",
    port: {
      path: port.path,
      open: port.isOpen,
      ...served.carried,
      queued: port.queued,
      link_overflows: board.link.overflows,
    },
    pacing: pacer.counted(),
    alarms: activeAlarms(machine.signal("alarm.active")),
    signals: Object.fromEntries(machine.signals.map((signal) => [signal.name, signal.read(machine)])),
  };
}

export function reportOf(served: Served): ServeReport {
  const { run, pacer } = served;
  const { machine } = run;
  const status = statusOf(served);
  return {
    schema: "cistern.serve/1",
    version: VERSION,
    scenario: run.scenario.name,
    seed: run.seed,
    controller: machine.controllerName,
    ended: { ...placeOf(served), by: served.ending },
    fingerprint: machine.fingerprint(),
    delivered: { pulses: machine.board.motor.pulses, volume_nl: toThousandth(machine.world.delivered_nl) },
    speed: {
      asked: status.speed,
      simulated_s: secondsOf(machine.tick - served.firstTick),
      host_s: toThousandth(served.host_s),
      ticks_executed: machine.executed,
      ticks_leapt: machine.leapt,
      ...machine.runsAs,
    },
    pacing: {
      ...status.pacing,
      // JSON has no infinity: the last row has no upper end.
      histogram: pacer.lateness.rows().map(({ most_us, count }) => ({
        most_us: Number.isFinite(most_us) ? most_us : null,
        count,
      })),
    },
    port: status.port,
    alarms: status.alarms,
    faults: FAULTS.map(({ name }, i) => ({
      name,
      on: machine.faults.on[i] === 1,
      acted: machine.faults.acts[i],
    })).filter(({ on, acted }) => on || acted > 0),
    invariants: run.invariantRows(),
    harms: run.harmRows(),
    outside_calls: run.outsideCalls(),
    events_forgotten: run.eventsForgotten,
    ...judgementOfService(served),
  };
}

function judgementOfService({ run, ending }: Served): Judgement {
  const [findings, unserved] = [run.findingsSoFar(), run.unserved()];
  if (ending !== "interrupt") return judgementOf([...findings, ...unserved]);
  const isTooEarly = findings.length === 0 && unserved.length > 0;
  return judgementOf(findings, isTooEarly ? "interrupted before the pump was commissioned" : null);
}

function placeOf(served: Served): { tick: number; time_s: number; wall: string } {
  const { tick } = served.run.machine;
  return { tick, time_s: secondsOf(tick), wall: wallTextAt(served.run.scenario.start, tick) };
}

function activeAlarms(bits: number): string[] {
  return Array.from({ length: ALARMS }, (_, alarm) => alarm)
    .filter((alarm) => Math.floor(bits / 2 ** alarm) % 2 === 1)
    .map(alarmName);
}
