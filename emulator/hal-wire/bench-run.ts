// A run of a scenario on a bare bench (HIL-4): a board at the other end of the hal wire that has some of the ports and plays no
// scenario. The whole machine here, with people, world and controller, is to that bench what a controller is: it boots, ticks and is
// idle by the wire's rules (controller-side.ts). The bench keeps the time. The scenario is judged here; what only the bench
// can know is named and not judged. A bench that claims what cannot be makes the run invalid, unless `--allow` forgives it.

import { TICKS_PER_MINUTE, TICK_MS } from "../../hal/units";
import type { Hal } from "../../hal/hal";
import { NL_PER_ML } from "../amounts";
import { PORTS, type PortName } from "../contract/calls";
import type { ControllerFactory, ControllerHost } from "../machine/controller-host";
import type { RunReport, Track } from "../run/report";
import { ScenarioRun, type RunOptions } from "../run/run";
import { textOfSavedRun } from "../run/saved-run";
import { withFindings, type Finding } from "../run/verdict";
import type { Scenario } from "../scenario/scenario";
import { formatTicks, MS_PER_SECOND, secondsOf } from "../time";
import { UsageError } from "../usage-error";
import type { BenchClass } from "./bench-classes";
import { Bench } from "./bench-parts";
import { ALL_PORTS, CARRIED_PORTS, FLAG_LOCKSTEP, type Hello } from "./messages";

/** How a scenario is played on a bare bench. */
export interface BenchJob extends Pick<RunOptions, "gear" | "tracks" | "signals" | "seed" | "until_ticks" | "allow"> {
  /** The classes of the bench's claims that do not make the run invalid. */
  allowClaims?: readonly BenchClass[];
  /** True: the outcome has the text of a snapshot. */
  saves: boolean;
  /** The host's time after which the job is ended from outside, for the report; default never. */
  time_limit_ms?: number;
}

/** The bench in a report. */
export interface BenchReport {
  name: string;
  lockstep: boolean;
  /** The ports that are the bench's own, and those that are virtual here. */
  own: readonly PortName[];
  virtual: readonly PortName[];
  /** Signals and harms of what only the bench knows. */
  not_judged: readonly string[];
  /** Its claims that cannot be, by class. */
  lies: { kind: BenchClass; count: number; first_s: number; text: string; allowed: boolean }[];
}

export interface BenchOutcome {
  report: RunReport;
  bench: BenchReport;
  tracks: Track[];
  /** The text of a snapshot file; null unless the job saves. */
  saved: string | null;
}

/** The signals and harms that the world here cannot know of a port that is the bench's own: a model of it runs on, and nothing is judged by it. */
const UNKNOWN: Partial<Record<PortName, { signals: readonly string[]; harms: readonly string[] }>> = {
  reservoir: { signals: ["reservoir.level_nl", "reservoir.pressure_mmHg"], harms: ["dry"] },
  battery: { signals: ["battery.cell_mv"], harms: [] },
  thermometer: { signals: ["thermometer.case_mC"], harms: [] },
};

/** In real time this number of ticks that were lost on the line is made up for; the watchdog of a pump waits as long. */
const MADE_UP_TICKS_MAX = 20;
/** The pace of a bench is measured over this time at least, and may be wrong by this part. */
const PACE_TICKS_MIN = 1000;
const PACE_PART_MAX = 0.05;

/** The bench's first line in a report. */
export function benchWords({ name, own, virtual }: BenchReport): string {
  const rest = virtual.length === 0 ? "" : `; virtual here: ${virtual.join(", ")}`;
  return `bench ${name}: its own ${own.join(", ")}${rest}`;
}

/** Throws UsageError for a greeting that no bench can send. */
function checkOffer({ ports, capacity_mL }: Hello, scenario: Scenario): void {
  const unknown = ports & ~ALL_PORTS;
  if (unknown !== 0) {
    const bits = [...Array(16).keys()].filter((bit) => (unknown & (1 << bit)) !== 0);
    throw new UsageError(
      `the board offers ports that hal/ does not have: bit ${bits.join(", bit ")}; the last is ${PORTS.length - 1}`,
    );
  }
  if ((ports & CARRIED_PORTS) === 0)
    throw new UsageError("the board offers no port at all, so nothing of the run would be on it");
  const mL = scenario.pump.capacity_nl / NL_PER_ML;
  if ((ports & (1 << PORTS.indexOf("reservoir"))) === 0 || capacity_mL === mL) return;
  throw new UsageError(`the board's reservoir holds ${capacity_mL} mL, and the scenario's pump ${mL} mL`);
}

export class BenchRun implements Pick<ControllerHost, "canLeap" | "boot" | "tick" | "idle" | "skip" | "clear"> {
  readonly run: ScenarioRun;
  readonly canLeap: boolean;
  private readonly job: BenchJob;
  private readonly hello: Hello;
  private readonly bench: Bench;
  private readonly sensed: () => number;
  private readonly began_ms = performance.now();
  /** The bench's tick in which the machine's tick 0 would lie; null before the first. */
  private base: number | null = null;
  private hasBooted = false;
  /** The bench has held its controller in reset before this tick, for some ticks. */
  private wasReset = false;
  /** Of the bench's pace: the host's time at its first tick, and its minute register then. */
  private first: { at_ms: number; tick: number; minute: number } | null = null;

  /** `sensed` is the tick of the last SENSE. Throws as the constructor of ScenarioRun does, and UsageError. */
  constructor(
    scenario: Scenario,
    job: BenchJob,
    controller: ControllerFactory,
    hello: Hello,
    hal: Hal,
    sensed: () => number,
  ) {
    checkOffer(hello, scenario);
    this.job = job;
    this.hello = hello;
    this.sensed = sensed;
    const bench = new Bench(hal, hello.ports);
    this.bench = bench;
    const own = PORTS.filter((port) => bench.offers.has(port));
    const unknown = own.flatMap((port) => UNKNOWN[port] ?? []);
    const seed = job.seed ?? scenario.seed;
    const { gear: _gear, saves: _saves, allowClaims: _allowClaims, time_limit_ms: _limit, ...options } = job;
    this.run = new ScenarioRun(scenario, {
      ...options,
      // Each tick of the bench is executed: something in it may be the bench's alone. `skip` leaps.
      gear: "lockstep",
      controller: {
        ...controller,
        fit: (board) => bench.fit(board, seed),
        mount: (ports) => controller.mount(bench.doubled(ports)),
      },
      unknown: { signals: unknown.flatMap(({ signals }) => signals), harms: unknown.flatMap(({ harms }) => harms) },
    });
    this.canLeap = job.gear === "leap" && this.run.machine.canLeap;
  }

  get over(): boolean {
    return this.run.over;
  }

  /** The bench has reset its controller, which is a reset of the pump here. The first boot is that of the machine's first tick. */
  boot(): void {
    if (this.hasBooted) this.run.machine.board.reset.pull(this.bench.cause);
    this.wasReset = this.hasBooted;
    this.hasBooted = true;
  }

  tick(): void {
    const lost = this.lostTicks();
    if (!this.run.over) this.run.advance(this.run.machine.tick + lost + 1);
    this.checkPace();
    this.bench.endTick();
  }

  /** The coming ticks in which nothing happens here, up to the end of the run. */
  idle(): number {
    const { machine, end_ticks } = this.run;
    return this.run.over ? 0 : Math.min(machine.quiet(), end_ticks - machine.tick);
  }

  skip(ticks: number): void {
    this.run.advanceUntil(this.run.machine.tick + ticks, null, true);
  }

  clear(): void {
    // The machine's own reset clears the controller, in `boot`.
  }

  /** A greeting of the bench in the middle of the run. */
  greetedAgain(hello: Hello): void {
    if (hello.ports === this.hello.ports) return;
    const [before, now] = [this.hello.ports, hello.ports].map((ports) =>
      PORTS.filter((_, bit) => ports & (1 << bit)).join(", "),
    );
    this.bench.lie("ports", `it greeted again, with the ports ${now || "none"} instead of ${before}`);
  }

  /** The outcome, with what went wrong besides: the findings of the line. */
  outcome(more: readonly Finding[], interrupted: boolean): BenchOutcome {
    const { run, job, hello, bench } = this;
    const lies = bench.claims.map(({ kind, count, at_tick, text }) => ({
      ...{ kind, count, text, at_tick, first_s: secondsOf(at_tick) },
      allowed: (job.allowClaims ?? []).includes(kind),
    }));
    const findings = lies.flatMap(({ allowed, kind, count, text, at_tick }): Finding[] => {
      const often = count === 1 ? "" : `, the first of ${count}`;
      return allowed
        ? []
        : [
            {
              at_tick,
              kind: "board",
              text: `the bench claims what cannot be (${kind}): ${text}${often}`,
              weight: "invalid",
            },
          ];
    });
    run.advance(run.machine.tick);
    const { signals, harms } = run.unknown;
    const report: BenchReport = {
      name: hello.name,
      lockstep: (hello.flags & FLAG_LOCKSTEP) !== 0,
      own: PORTS.filter((port) => bench.offers.has(port)),
      virtual: PORTS.filter((port) => !bench.offers.has(port)),
      not_judged: [...signals, ...harms],
      lies: lies.map(({ at_tick: _at, ...row }) => row),
    };
    const ran = run.report((performance.now() - this.began_ms) / MS_PER_SECOND, interrupted);
    const judged = withFindings({ ...ran, gear: job.gear }, [...findings, ...more]);
    judged.controller = `${judged.controller} on the bench ${report.name} (${report.own.join(", ")})`;
    return {
      report: judged,
      bench: report,
      tracks: run.signalTracks(),
      saved: job.saves ? textOfSavedRun(run) : null,
    };
  }

  /** The ticks that the bench counted and this end has not heard of. A few in real time and in a reset are made up for; others are a lie. */
  private lostTicks(): number {
    const tick = this.sensed();
    const { machine } = this.run;
    this.base ??= tick - machine.tick;
    const lost = tick - this.base - machine.tick;
    const mayLose = this.wasReset || (this.hello.flags & FLAG_LOCKSTEP) === 0;
    this.wasReset = false;
    if (lost === 0 || (mayLose && lost > 0 && lost <= MADE_UP_TICKS_MAX)) return lost;
    this.base += lost;
    this.first = null;
    const expected = tick - lost;
    this.bench.lie("ticks", `its tick went to ${tick}, and ${expected} was next: the pump stood still meanwhile`);
    return 0;
  }

  /** In real time the bench's ticks are held against the host's clock, and its minutes against its ticks. */
  private checkPace(): void {
    const { machine } = this.run;
    const now_ms = performance.now();
    const hasClock = this.bench.offers.has("clock");
    const minute = hasClock ? this.bench.make(({ clock }) => clock.minute(), 0) : 0;
    if (this.first === null) {
      this.first = { at_ms: now_ms, tick: machine.tick, minute };
      return;
    }
    const ticks = machine.tick - this.first.tick;
    if (ticks < PACE_TICKS_MIN) return;
    if (hasClock) {
      const off = minute - this.first.minute - ticks / TICKS_PER_MINUTE;
      if (Math.abs(off) > 1 + PACE_PART_MAX * (ticks / TICKS_PER_MINUTE)) {
        this.bench.lie(
          "clock",
          `its clock went ${minute - this.first.minute} min in ${formatTicks(ticks)} of its ticks`,
        );
      }
    }
    if ((this.hello.flags & FLAG_LOCKSTEP) !== 0) return;
    const part = (ticks * TICK_MS) / (now_ms - this.first.at_ms) - 1;
    if (Math.abs(part) <= PACE_PART_MAX) return;
    const way = part > 0 ? "fast" : "slow";
    this.bench.lie("clock", `its ticks are ${Math.abs(Math.round(part * 100))} % ${way} against this host's clock`);
  }
}
