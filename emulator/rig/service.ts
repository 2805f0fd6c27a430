// A pump that is served, from the scenario to the report: the run, its port and its control channel. A command sees it through
// ServiceHandle, wherever it is: here, or in a child process with a controller that is not ours.

import { COUNTER_MAX } from "../../hal/telemetry";
import type { ControllerFactory } from "../machine/controller-host";
import type { BytePort } from "../port/port";
import { ScenarioRun, type RunOptions } from "../run/run";
import { resumeFrom, textOfSavedRun } from "../run/saved-run";
import type { Scenario } from "../scenario/scenario";
import type { Speed } from "../speed";
import { MS_PER_SECOND } from "../time";
import { Control, type ControlChannel } from "./control";
import { Served, type Ending } from "./serve";
import { reportOf, statusOf, type ServeReport, type ServeStatus } from "./serve-report";

/** The number of newest events that are kept, so that the memory of a long service does not grow. */
const EVENTS_MAX = 10_000;
/** The number of the last session that the reference controller gave. */
const SESSIONS_ISSUED = "session.issued";
const SESSIONS_SINCE_MS = Date.UTC(2026, 0, 1);

/** The setup of a service; the gear is always `leap`, and above real time quiet ticks are leapt over. */
export interface ServiceSetup extends Pick<RunOptions, "seed" | "until_ticks" | "allow"> {
  scenario: Scenario;
  /** A snapshot from which it continues. */
  from: string | null;
  speed: Speed;
  /** True: the programming head is in place while a programmer uses the port. */
  head: boolean;
}

/** A service as a command sees it. */
export interface ServiceHandle {
  /** Sentences that a person should read before it begins. */
  readonly notes: readonly string[];
  readonly control: ControlChannel;
  /** Begins at a port; until then no tick passes. */
  attach(port: BytePort): Promise<void>;
  /** Serves until the service ends. */
  serve(): Promise<Ending>;
  /** Ends the service. The first call decides the reason. */
  end(how: Ending): void;
  status(): Promise<ServeStatus>;
  report(): Promise<ServeReport>;
  /** The text of a snapshot file; null when the run was lost. */
  savedText(): Promise<string | null>;
  /** Ends what the service holds open. */
  close(): Promise<void>;
}

export class Service {
  readonly run: ScenarioRun;
  readonly notes: string[] = [];
  private readonly setup: ServiceSetup;
  private attached: { served: Served; control: Control } | null = null;

  /** Throws ControllerFault, ScenarioError and FileError. */
  constructor(setup: ServiceSetup, controller: ControllerFactory) {
    const { scenario, from, speed: _speed, head: _head, ...options } = setup;
    this.setup = setup;
    this.run = new ScenarioRun(scenario, {
      ...options,
      gear: "leap",
      controller,
      tracks: false,
      endless: true,
      events_max: EVENTS_MAX,
      // Keys that were drawn after a snapshot was saved must not be drawn again, so a restored pump draws from the system too.
      secrets: options.seed === undefined || from !== null ? "system" : "seed",
    });
    if (from !== null) {
      resumeFrom(from, this.run);
      this.raiseSessionNumber();
    } else if (options.seed !== undefined) {
      this.notes.push("the keys of this pump follow from --seed: they are development keys, which anybody can compute");
    }
  }

  attach(port: BytePort): void {
    const { speed, head } = this.setup;
    const served = new Served(this.run, port, { speed, head, now_ms: () => performance.now() });
    this.attached = { served, control: new Control(served) };
  }

  get served(): Served {
    return this.attached!.served;
  }

  get control(): Control {
    return this.attached!.control;
  }

  status(): ServeStatus {
    return statusOf(this.served);
  }

  report(): ServeReport {
    return reportOf(this.served);
  }

  savedText(): string {
    return textOfSavedRun(this.run);
  }

  /**
   * Sees to it that a restored pump gives no session a number that it gave after its snapshot was saved (SEC-5): the next number
   * is at least the seconds since 2026, which at real time grow faster than the numbers of a pump do.
   */
  private raiseSessionNumber(): void {
    const { firmware } = this.run.machine;
    const issued = firmware.read(SESSIONS_ISSUED);
    if (issued === undefined) {
      this.notes.push("this controller has no symbol session.issued, so its session numbers go on from the snapshot");
      return;
    }
    const seconds = Math.floor((Date.now() - SESSIONS_SINCE_MS) / MS_PER_SECOND);
    firmware.write(SESSIONS_ISSUED, Math.min(Math.max(issued, seconds), COUNTER_MAX));
  }
}
