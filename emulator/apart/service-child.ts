// The child's side of a service: it serves the pump at a port that the command has, carries bytes and lines to and from it, and
// answers the calls of the command. The pace is kept here, where the ticks are, so a byte on its way costs no tick its time.

import type { ServeReport } from "../rig/serve-report";
import { serve } from "../rig/serve";
import { Service } from "../rig/service";
import { FarEnd, type PortState } from "../rig/relay";
import { Checkpoints } from "./checkpoints";
import type { Guest } from "./guest";
import {
  textOfError,
  type ApartServiceSetup,
  type FromChild,
  type FromService,
  type ServiceCall,
  type ToChild,
} from "./messages";
import { refuseLostState } from "./run-child";
import { LateError, lateWords, within } from "./time-budget";

export class ServiceChild {
  private readonly service: Service;
  private readonly guest: Guest;
  private readonly answer: (message: FromChild) => void;
  private relay: FarEnd | null = null;
  private readonly checkpoints = new Checkpoints();
  /** The tick of the last look at what the controller did. */
  private lookedTick = 0;

  private constructor(service: Service, guest: Guest, notify: (message: FromChild) => void) {
    this.service = service;
    this.guest = guest;
    this.answer = notify;
  }

  /** Loads the controller and makes the pump. Throws ControllerFault, ScenarioError, FileError and LateError. */
  static async open(
    { controller: _path, ...setup }: ApartServiceSetup,
    guest: Guest,
    notify: (message: FromChild) => void,
  ): Promise<ServiceChild> {
    const controller = await guest.load();
    const { speed: _speed, head: _head, ...run } = setup;
    refuseLostState({ ...run, gear: "leap", tracks: false }, controller, guest);
    const service = within(() => new Service(setup, controller));
    guest.admit(service.run.machine.script);
    notify({ served: { notes: service.notes } });
    return new ServiceChild(service, guest, notify);
  }

  hear(message: ToChild): void {
    if ("call" in message) return this.reply(message.call as ServiceCall, message.given);
    if ("end" in message) return this.service.served.end(message.end);
    if ("bytes" in message || "port" in message || "joined" in message || "left" in message || "line" in message) {
      this.relay?.hear(message, this.service.control);
    }
  }

  private notify(news: FromService): void {
    this.answer({ news });
  }

  private reply(call: ServiceCall, given: unknown[]): void {
    try {
      const result = call === "attach" ? this.attach(given[0] as PortState) : this.service[call]();
      this.answer({ answer: { result }, at: null, report: null, changes: [] });
    } catch (error) {
      this.answer({ answer: { error: textOfError(error) }, at: null, report: null, changes: [] });
    }
  }

  /** Begins to serve, and returns the first report. */
  private attach(state: PortState): ServeReport {
    this.relay = new FarEnd(state, (news) => this.notify(news));
    this.service.attach(this.relay.port);
    void this.serve();
    return this.service.report();
  }

  private async serve(): Promise<void> {
    const ending = await serve(this.service.served, () => this.work());
    await this.look();
    this.checkpoint();
    this.notify({ ended: ending });
  }

  /** A piece of work, and a look at what the controller did beside it. Returns the host time until the next one is due. */
  private async work(): Promise<number> {
    const { run, served } = this.service;
    try {
      within(() => served.work());
    } catch (error) {
      if (!(error instanceof LateError)) throw error;
      this.fail(lateWords(run.machine.tick));
    }
    await this.look();
    if (this.checkpoints.isDue) this.checkpoints.carryOut(() => this.checkpoint());
    return served.rest_ms;
  }

  private async look(): Promise<void> {
    const { run } = this.service;
    const { tick } = run.machine;
    const deed = await this.guest.deedSince(this.lookedTick, tick);
    this.lookedTick = tick;
    if (deed !== null && run.failure === null) this.fail(deed.text, deed.from);
  }

  private fail(text: string, from?: number): void {
    this.service.run.fail(text, from);
    this.service.served.end("failure");
  }

  /** Looks at the globals, and sends the report as it would be if the service ended now. */
  private checkpoint(): void {
    for (const { text, from } of this.guest.changedUpTo(this.service.run.machine.tick)) this.fail(text, from);
    this.notify({ soFar: this.service.report() });
  }
}
