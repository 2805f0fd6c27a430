// The control channel, over which a rig controls a served pump besides telemetry. A request is one line, and a reply is one
// line with a JSON object. The commands are those of the stepper and some for a pump in real time, all rows of one table
// (debug/commands.ts). A reply has the field `ok`; a line that is pushed (`watch events`) has `event` instead. The requests of
// a client are answered in order, so lines after a `wait` wait too. This file uses no sockets: a client is an object that takes
// lines. Pushed lines that it does not take are dropped and counted.

import { dataFor } from "../debug/commands";
import { CommandError } from "../debug/command-error";
import type { Awaited, ChannelDoor } from "../debug/door";
import { FileError } from "../file";
import { ControllerFault } from "../machine/controller-host";
import type { RunEvent } from "../run/report";
import type { Speed } from "../speed";
import { secondsOf } from "../time";
import type { Served } from "./serve";
import { reportOf, statusOf } from "./serve-report";

/** The longest accepted line. No command is nearly as long. */
export const LINE_BYTES_MAX = 4096;

type Answer = Record<string, unknown>;

/** A client of the channel, which the transport implements. */
export interface ControlClient {
  /** Takes a reply, without the end of the line. */
  reply(line: string): void;
  /** Takes a pushed line. False when the client has too many unread lines; this one is then dropped. */
  push(line: string): boolean;
  /** A wait is over, so the session accepts the next line. */
  ready(): void;
}

/** The conversation with one client. */
export interface ControlSession {
  /** Carries out a line of the client. It must not be called while `waiting`. */
  line(text: string): void;
  readonly waiting: boolean;
  end(): void;
}

/** The channel, wherever the pump is. */
export interface ControlChannel {
  /** Begins the session of a new client. */
  open(client: ControlClient): ControlSession;
}

export class Control implements ControlChannel {
  private readonly served: Served;
  private readonly doors = new Set<ClientDoor>();

  constructor(served: Served) {
    this.served = served;
    served.run.onEvent = (event) => {
      for (const door of [...this.doors]) door.onEvent(event);
    };
  }

  open(client: ControlClient): ControlSession {
    const door = new ClientDoor(this.served, client);
    this.doors.add(door);
    return {
      line: (text) => door.execute(text.trim()),
      get waiting() {
        return door.waiting;
      },
      end: () => {
        this.doors.delete(door);
        door.close();
      },
    };
  }
}

/** A `wait` under way. */
interface Wait {
  /** True for the event that ends the wait. */
  awaited: (event: RunEvent) => boolean;
  /** Cancels the time limit. */
  cancel: () => void;
}

/** One client, as the door that commands act through. */
class ClientDoor implements ChannelDoor {
  readonly where = "channel";
  private readonly served: Served;
  private readonly client: ControlClient;
  private isOpen = true;
  private watches = false;
  /** The number of pushed lines that the client did not take. */
  private missed = 0;
  private wait: Wait | null = null;
  /** The wait is over, and its answer is sent after the tick. */
  private answering = false;

  constructor(served: Served, client: ControlClient) {
    this.served = served;
    this.client = client;
  }

  get run() {
    return this.served.run;
  }

  get waiting(): boolean {
    return this.wait !== null || this.answering;
  }

  execute(text: string): void {
    const answer = this.answerTo(text);
    if (answer) this.send(answer);
  }

  /** Takes an event of the run. It is called in the middle of a tick. */
  onEvent(event: RunEvent): void {
    if (this.wait?.awaited(event)) this.endWait({ ok: true, seen: event });
    if (!this.watches) return;
    const line = this.missed > 0 ? { event, missed: this.missed } : { event };
    if (this.client.push(JSON.stringify(line))) this.missed = 0;
    else this.missed++;
  }

  close(): void {
    this.isOpen = false;
    this.wait?.cancel();
    this.wait = null;
  }

  // ---- the door, for the commands

  quit(): void {
    this.served.end("quit");
  }

  status(): object {
    return statusOf(this.served);
  }

  report(): object {
    return this.served.report?.() ?? reportOf(this.served);
  }

  setHead(inPlace: boolean): void {
    this.served.head = inPlace;
  }

  setSpeed(speed: Speed): void {
    if (speed === Infinity) this.refuseBound();
    this.served.setSpeed(speed);
  }

  pause(on: boolean): void {
    this.refuseBound();
    this.served.pause(on);
  }

  step(ticks: number): void {
    if (!this.served.paused) throw new CommandError("the pump's time runs by the clock: pause first, or wait");
    this.waitTicks(ticks);
    this.served.step(ticks);
  }

  flush(): number {
    return this.served.flush();
  }

  pushEvents(on: boolean): void {
    this.watches = on;
  }

  waitTicks(ticks: number): void {
    this.wait = { awaited: () => false, cancel: this.served.after(ticks, () => this.answerWait({ ok: true })) };
  }

  waitForEvent(awaited: (event: RunEvent) => boolean, limit: { ticks: number; late: string } | null): void {
    const late = () => this.endWait({ ok: false, error: limit?.late });
    this.wait = { awaited, cancel: limit ? this.served.after(limit.ticks, late) : () => undefined };
  }

  waitFor({ condition, within, seen }: Awaited): void {
    const { grain } = condition;
    const look = () => {
      if (this.wait === wait && condition.holds()) this.endWait({ ok: true, ...seen() });
    };
    const stop = this.served.lookAfterEach({ grain, look });
    const late = () => this.endWait({ ok: false, error: within?.late });
    const cancel = within ? this.served.after(within.ticks, late) : () => undefined;
    const wait: Wait = {
      awaited: () => false,
      cancel: () => {
        stop();
        cancel();
      },
    };
    this.wait = wait;
  }

  private refuseBound(): void {
    if (this.served.bound !== null) throw new CommandError(this.served.bound);
  }

  // ---- answers

  private answerTo(text: string): Answer | null {
    try {
      if (text === "") return { ok: true, tick: this.run.machine.tick };
      if (text.length > LINE_BYTES_MAX) throw new CommandError(`a line has at most ${LINE_BYTES_MAX} characters`);
      const data = dataFor(this, text);
      return data && { ok: true, ...data };
    } catch (error) {
      const isRefusal = error instanceof CommandError || error instanceof FileError || error instanceof ControllerFault;
      if (isRefusal) return { ok: false, error: error.message };
      throw error;
    }
  }

  /** Ends a wait. The answer waits for the end of the tick, because the client's next command must not run within a tick. */
  private endWait(answer: Answer): void {
    this.wait?.cancel();
    this.wait = null;
    this.answering = true;
    this.served.afterTick(() => this.answerWait(answer));
  }

  private answerWait(answer: Answer): void {
    this.wait = null;
    this.answering = false;
    if (!this.isOpen) return;
    const { tick } = this.run.machine;
    this.send({ ...answer, tick, time_s: secondsOf(tick) });
    this.client.ready();
  }

  private send(answer: Answer): void {
    this.client.reply(JSON.stringify(answer));
  }
}
