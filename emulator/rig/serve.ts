// The emulated pump at a port. It moves a run as the pacer says, and it carries bytes between the virtual board's telemetry link
// and the port, as many as the line can carry (115 bytes a tick). The scenario's people use the same link and come first:
// while an exchange of theirs is under way, bytes from the port wait, and the pump's answers are not sent to the port. The
// pump's bytes are copied and not removed, so a run to which nobody speaks is, tick for tick, that of `cistern run`. Above
// real time quiet ticks are leapt over, but not within ten minutes after bytes at the port, because a leap would end a
// session before its programmer could go on.

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { LINK_BYTES_PER_TICK } from "../../hal/link";
import { TICKS_PER_MINUTE } from "../../hal/units";
import { ByteRing } from "../port/byte-ring";
import type { BytePort } from "../port/port";
import type { ScenarioRun } from "../run/run";
import type { Speed } from "../speed";
import { Pacer } from "./pacing";

/** The longest piece of work between two looks at the port and at signals. A host's next bytes take about as long. */
const SLICE_MS = 0.5;
/** A session that hears nothing for so long is closed. */
const LINGER_TICKS = 10 * TICKS_PER_MINUTE;

const ALWAYS = () => true;

export type Ending = "until" | "quit" | "interrupt" | "failure";

/** What has passed through the port, and what was lost. */
export interface Carried {
  /** From the host to the pump, and back. */
  rx_bytes: number;
  rx_frames: number;
  tx_bytes: number;
  tx_frames: number;
  /** Bytes from the host for which the queue had no room, and replies that the port did not take. */
  rx_dropped: number;
  tx_dropped: number;
  /** Bytes with which the pump answered the scenario's people. */
  withheld: number;
  /** The most bytes that ever waited: for the pump, and for the port. */
  rx_queue_most: number;
  tx_queue_most: number;
  /** How often the port went away, and came back. */
  losses: number;
  returns: number;
}

/** Counts frames by their closing zero. */
class FrameCount {
  frames = 0;
  private inside = false;

  see(byte: number): void {
    if (byte === 0 && this.inside) this.frames++;
    this.inside = byte !== 0;
  }
}

interface Wait {
  tick: number;
  done: () => void;
}

export interface ServeSetup {
  speed: Speed;
  /** The programming head lies over the pump whenever somebody speaks at the port. */
  head: boolean;
  /** Milliseconds of a clock that never goes back. */
  now_ms: () => number;
}

export class Served {
  readonly run: ScenarioRun;
  readonly port: BytePort;
  readonly pacer: Pacer;
  /** Where the head rests when it is not in the hands of the scenario's people. */
  head: boolean;
  ending: Ending | null = null;
  /** The tick at which it began: 0, or that of a saved run. */
  readonly firstTick: number;
  private readonly now_ms: () => number;
  private readonly began_ms: number;
  private readonly fromHost = new ByteRing();
  private readonly rxFrames = new FrameCount();
  private readonly txFrames = new FrameCount();
  private readonly sums = { rx_bytes: 0, tx_bytes: 0, withheld: 0, losses: 0, returns: 0 };
  private readonly most = { rx: 0, tx: 0 };
  /** Somebody has spoken at the port; until then the machine is as if there were none. */
  private spoken = false;
  private lastWord = -LINGER_TICKS;
  private waits: Wait[] = [];
  private pausing = false;

  constructor(run: ScenarioRun, port: BytePort, setup: ServeSetup) {
    this.run = run;
    this.port = port;
    this.head = setup.head;
    this.firstTick = run.machine.tick;
    this.now_ms = setup.now_ms;
    this.began_ms = setup.now_ms();
    this.pacer = new Pacer(setup.speed, run.machine.tick, this.began_ms);
    port.onBytes = (bytes) => this.hear(bytes);
    port.onLost = () => this.sums.losses++;
    port.onOpen = () => this.sums.returns++;
  }

  get host_s(): number {
    return (this.now_ms() - this.began_ms) / 1000;
  }

  get carried(): Carried {
    return {
      rx_bytes: this.sums.rx_bytes,
      rx_frames: this.rxFrames.frames,
      tx_bytes: this.sums.tx_bytes,
      tx_frames: this.txFrames.frames,
      rx_dropped: this.fromHost.dropped,
      tx_dropped: this.port.dropped,
      withheld: this.sums.withheld,
      rx_queue_most: this.most.rx,
      tx_queue_most: this.most.tx,
      losses: this.sums.losses,
      returns: this.sums.returns,
    };
  }

  /** Runs the ticks that are due, for half a millisecond at most. Returns the host time until the next one is due. */
  work(): number {
    const { machine } = this.run;
    const began = this.now_ms();
    const due = machine.tick + this.pacer.owed(machine.tick, began);
    let now = began;
    this.pausing = false;
    while (machine.tick < due && this.ending === null && !this.pausing && now - began < SLICE_MS) {
      this.pacer.begin(machine.tick, now);
      this.move(due);
      now = this.now_ms();
    }
    return this.pacer.rest_ms(machine.tick, now);
  }

  /** Ends the service. The first reason counts. */
  end(how: Ending): void {
    this.ending ??= how;
  }

  setSpeed(speed: Speed): void {
    this.pacer.setSpeed(speed, this.run.machine.tick, this.now_ms());
  }

  /**
   * Calls `done` when that much of the pump's time has passed; never, if the service ends before. Returns how to cancel.
   */
  after(ticks: number, done: () => void): () => void {
    const wait = { tick: this.run.machine.tick + ticks, done };
    this.waits.push(wait);
    return () => {
      this.waits = this.waits.filter((each) => each !== wait);
    };
  }

  /** Calls `act` when the present tick is over, before the next one begins. */
  afterTick(act: () => void): void {
    this.pausing = true;
    queueMicrotask(act);
  }

  /** Runs one tick or one leap; it never goes beyond `due` or beyond a moment that somebody waits for. */
  private move(due: number): void {
    const { run } = this;
    const { machine } = run;
    const { link } = machine.board;
    if (!run.exchangesAt(machine.tick)) this.feed();
    const executed = machine.executed;
    const end = this.waits.reduce((least, wait) => Math.min(least, wait.tick), due);
    run.advanceUntil(Math.max(end, machine.tick + 1), ALWAYS, this.mayLeap());
    if (machine.executed > executed && link.outboundCount > 0) this.send();
    if (this.waits.length > 0) this.wake();
    if (run.failure !== null) this.end("failure");
    else if (run.over) this.end("until");
  }

  private mayLeap(): boolean {
    if (this.pacer.speed <= 1 || this.fromHost.count > 0) return false;
    return this.run.machine.tick - this.lastWord >= LINGER_TICKS;
  }

  private wake(): void {
    const { tick } = this.run.machine;
    const over = this.waits.filter((wait) => wait.tick <= tick);
    if (over.length === 0) return;
    this.waits = this.waits.filter((wait) => wait.tick > tick);
    for (const wait of over) this.afterTick(wait.done);
  }

  private hear(bytes: Uint8Array): void {
    this.fromHost.put(bytes);
    this.most.rx = Math.max(this.most.rx, this.fromHost.count);
  }

  /** Gives the pump as many of the host's bytes as the line carries in a tick, and puts the head to where it rests. */
  private feed(): void {
    const { tick, board } = this.run.machine;
    if (this.fromHost.count > 0) this.spoken = true;
    if (this.spoken) board.link.programmingHead = this.head;
    for (let left = LINK_BYTES_PER_TICK; left > 0 && this.fromHost.count > 0;) {
      const piece = this.fromHost.piece().subarray(0, left);
      for (const byte of piece) {
        this.rxFrames.see(byte);
        board.link.arrive(byte);
      }
      this.fromHost.take(piece.length);
      this.sums.rx_bytes += piece.length;
      left -= piece.length;
      this.lastWord = tick;
    }
  }

  /** Sends what the pump transmitted in the tick that is over. */
  private send(): void {
    const { tick, board } = this.run.machine;
    const { link } = board;
    const bytes = link.outbound.slice(0, link.outboundCount);
    if (this.run.exchangesAt(tick - 1)) {
      this.sums.withheld += bytes.length;
      return;
    }
    this.lastWord = tick;
    if (!this.port.write(bytes)) return;
    this.sums.tx_bytes += bytes.length;
    for (const byte of bytes) this.txFrames.see(byte);
    this.most.tx = Math.max(this.most.tx, this.port.queued);
  }
}

/** Runs ticks and sleeps until more are due, until the service ends. `between` is called after each piece of work. */
export async function serve(served: Served, between: () => void = () => undefined): Promise<Ending> {
  while (served.ending === null) {
    const rest_ms = served.work();
    between();
    await (rest_ms > 0 ? sleep(Math.ceil(rest_ms)) : nextTurn());
  }
  return served.ending;
}
