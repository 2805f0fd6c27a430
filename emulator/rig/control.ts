// The control channel: what a rig asks of a served pump besides telemetry, a line a request, a JSON object a reply. The
// commands are those of the stepper and some that belong to a pump in real time, all rows of one table
// (debug/commands.ts). A reply has `ok`; what is pushed (`watch events`) has `event` instead. Each client's requests are
// answered in order: while `wait` waits, its later lines wait too. Nothing here knows sockets: a client is somewhere to send
// lines to, and what cannot be sent is dropped and counted.

import { dataFor } from "../debug/commands";
import { CommandError, type ChannelDoor } from "../debug/door";
import { FileError } from "../file";
import type { RunEvent } from "../run/report";
import type { Speed } from "../speed";
import { secondsOf } from "../time";
import type { Served } from "./serve";
import { reportOf, statusOf } from "./serve-report";

/** The longest line. Longer ones are refused; no command is nearly as long. */
export const LINE_BYTES_MAX = 4096;

type Answer = Record<string, unknown>;

/** A client of the channel, as the transport gives it. */
export interface ControlClient {
  /** Takes a line, without its end. */
  reply(line: string): void;
  /** Takes a line that nobody asked for. False when the client has too much unread: the line is then dropped. */
  push(line: string): boolean;
  /** A wait is over: the next line may come. */
  ready(): void;
}

/** The conversation with one client. */
export interface ControlSession {
  /** A line of the client; not while `waiting`. */
  line(text: string): void;
  readonly waiting: boolean;
  end(): void;
}

export class Control {
  private readonly served: Served;
  private readonly visitors = new Set<Visitor>();

  constructor(served: Served) {
    this.served = served;
    served.run.onEvent = (event) => {
      for (const visitor of [...this.visitors]) visitor.hear(event);
    };
  }

  /** A new client. */
  meet(client: ControlClient): ControlSession {
    const visitor = new Visitor(this.served, client);
    this.visitors.add(visitor);
    return {
      line: (text) => visitor.execute(text.trim()),
      get waiting() {
        return visitor.waiting;
      },
      end: () => {
        this.visitors.delete(visitor);
        visitor.leave();
      },
    };
  }
}

/** What a visitor waits for. */
interface Wait {
  awaited: (event: RunEvent) => boolean;
  /** Cancels the time limit. */
  forget: () => void;
}

/** A client as the commands see it. */
class Visitor implements ChannelDoor {
  readonly where = "channel";
  private readonly served: Served;
  private readonly client: ControlClient;
  private present = true;
  private watches = false;
  /** Pushed lines that the client did not take. */
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
    if (text === "") return;
    const answer = this.answerTo(text);
    if (answer) this.send(answer);
  }

  /** Called for each event of the run, in the middle of its tick. */
  hear(event: RunEvent): void {
    if (this.wait?.awaited(event)) this.finish({ ok: true, seen: event });
    if (!this.watches) return;
    const line = this.missed > 0 ? { event, missed: this.missed } : { event };
    if (this.client.push(JSON.stringify(line))) this.missed = 0;
    else this.missed++;
  }

  leave(): void {
    this.present = false;
    this.wait?.forget();
    this.wait = null;
  }

  // ---- what commands ask of it

  touched(): void {
    // A served pump does not go back, so it keeps no snapshot of this moment.
  }

  quit(): void {
    this.served.end("quit");
  }

  status(): object {
    return statusOf(this.served);
  }

  report(): object {
    return reportOf(this.served);
  }

  restHead(inPlace: boolean): void {
    this.served.head = inPlace;
  }

  setSpeed(speed: Speed): void {
    this.served.setSpeed(speed);
  }

  pushEvents(on: boolean): void {
    this.watches = on;
  }

  waitTicks(ticks: number): void {
    this.wait = { awaited: () => false, forget: this.served.after(ticks, () => this.goOn({ ok: true })) };
  }

  waitForEvent(awaited: (event: RunEvent) => boolean, limit: { ticks: number; late: string } | null): void {
    const late = () => this.finish({ ok: false, error: limit?.late });
    this.wait = { awaited, forget: limit ? this.served.after(limit.ticks, late) : () => undefined };
  }

  // ---- answers

  private answerTo(text: string): Answer | null {
    try {
      if (text.length > LINE_BYTES_MAX) throw new CommandError(`a line has at most ${LINE_BYTES_MAX} characters`);
      const data = dataFor(this, text);
      return data && { ok: true, ...data };
    } catch (error) {
      if (error instanceof CommandError || error instanceof FileError) return { ok: false, error: error.message };
      throw error;
    }
  }

  /** Ends a wait. An event is heard in the middle of a tick, where the next command of the client may not run. */
  private finish(answer: Answer): void {
    this.wait?.forget();
    this.wait = null;
    this.answering = true;
    this.served.afterTick(() => this.goOn(answer));
  }

  private goOn(answer: Answer): void {
    this.wait = null;
    this.answering = false;
    if (!this.present) return;
    const { tick } = this.run.machine;
    this.send({ ...answer, tick, time_s: secondsOf(tick) });
    this.client.ready();
  }

  private send(answer: Answer): void {
    this.client.reply(JSON.stringify(answer));
  }
}
