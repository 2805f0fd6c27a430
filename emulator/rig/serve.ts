// The emulated pump at a port. It runs the ticks that the pacer says are due, and carries bytes between the virtual board's
// telemetry link and the port, as many as the line can carry (115 bytes a tick). The scenario's people use the same link and
// have priority: during an exchange of theirs, bytes from the port wait, and the pump's answers are not sent to the port. The
// pump's bytes are copied and not removed, so a run without bytes from the port is, tick for tick, that of `cistern run`. Above
// real time quiet ticks are leapt over, but not within ten minutes after bytes at the port, because a leap could end a session
// before its programmer sends the next command.

import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { LINK_BYTES_PER_TICK } from "../../hal/link";
import { TICKS_PER_MINUTE } from "../../hal/units";
import type { Grain } from "../machine/grain";
import { ByteRing } from "../port/byte-ring";
import { NO_PORT } from "../port/no-port";
import type { BytePort } from "../port/port";
import type { ScenarioRun } from "../run/run";
import type { Speed } from "../speed";
import { Pacer } from "./pacing";
import { MS_PER_SECOND } from "../time";

/** The longest piece of work between two checks of the port and of signals. A host needs about as long for its next bytes. */
const SLICE_MS = 0.5;
/** The pump closes a session after this time without a frame. */
const SESSION_TICKS = 10 * TICKS_PER_MINUTE;

/** In a pause the port and the channel are looked at so often. */
const PAUSE_MS = 20;

const ALWAYS = () => true;

export type Ending = "until" | "quit" | "interrupt" | "limit" | "failure";

/** Counts of the bytes and frames that passed through the port, and of those that were lost. */
export interface Carried {
  /** From the host to the pump (rx), and back (tx). */
  rx_bytes: number;
  rx_frames: number;
  tx_bytes: number;
  tx_frames: number;
  /** Bytes from the host for which the queue had no room, and replies that the port did not take. */
  rx_dropped: number;
  tx_dropped: number;
  /** Bytes of the pump's answers to the scenario's people, which are not sent to the port. */
  withheld: number;
  /** The largest number of bytes that ever waited for the pump, and for the port. */
  rx_queue_most: number;
  tx_queue_most: number;
  /** How often the port was lost, and how often it came back. */
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

/** A reader of the machine after each tick or leap, and when the value that it reads may change. */
export interface Looker {
  grain: Grain;
  look(): void;
}

export interface ServeSetup {
  speed: Speed;
  /** True: the programming head is in place while a programmer uses the port. */
  head: boolean;
  /** Milliseconds of a clock that never goes back. */
  now_ms: () => number;
  /** Why the pump's time must run by the clock: it cannot pause, nor go as fast as it can. Null when it need not. */
  bound?: string | null;
  /** False: every tick is executed, also above real time. Default true. */
  leaps?: boolean;
  /** The report as it would be if the service ended now; default that of `serve`. */
  report?: () => object;
}

export class Served {
  readonly run: ScenarioRun;
  readonly port: BytePort;
  readonly pacer: Pacer;
  /** True: the head is in place, unless the scenario's people have it. */
  head: boolean;
  ending: Ending | null = null;
  /** The tick at which the service began: 0, or the tick of a saved run. */
  readonly firstTick: number;
  readonly bound: string | null;
  /** Null for the report of `serve`. */
  readonly report: (() => object) | null;
  private readonly leaps: boolean;
  private readonly now_ms: () => number;
  private began_ms: number;
  private readonly fromHost = new ByteRing();
  private readonly rxFrames = new FrameCount();
  private readonly txFrames = new FrameCount();
  private readonly sums = { rx_bytes: 0, tx_bytes: 0, withheld: 0, losses: 0, returns: 0 };
  private readonly queueMax = { rx: 0, tx: 0 };
  /** Bytes have come from the port. Until then the head is not moved, so the machine runs as without a port. */
  private isPortUsed = false;
  private lastByteTick = -SESSION_TICKS;
  private waits: Wait[] = [];
  private pausing = false;
  /** The pump's time stands still, but for the ticks up to `stepTo`. */
  private isPaused = false;
  private stepTo = 0;
  /** Called after each tick or leap, by those who wait for a condition. */
  private readonly lookers = new Set<Looker>();

  constructor(run: ScenarioRun, port: BytePort, setup: ServeSetup) {
    this.run = run;
    this.port = port;
    this.head = setup.head;
    this.firstTick = run.machine.tick;
    this.bound = setup.bound ?? null;
    this.report = setup.report ?? null;
    this.leaps = setup.leaps ?? true;
    this.now_ms = setup.now_ms;
    this.began_ms = setup.now_ms();
    this.pacer = new Pacer(setup.speed, run.machine.tick, this.began_ms);
    port.onBytes = (bytes) => this.queueBytes(bytes);
    port.onLost = () => this.sums.losses++;
    port.onOpen = () => this.sums.returns++;
  }

  get host_s(): number {
    return (this.now_ms() - this.began_ms) / MS_PER_SECOND;
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
      rx_queue_most: this.queueMax.rx,
      tx_queue_most: this.queueMax.tx,
      losses: this.sums.losses,
      returns: this.sums.returns,
    };
  }

  /** Host time until the next tick is due; 0 when it is due already. */
  get rest_ms(): number {
    if (this.isPaused) return this.run.machine.tick < this.stepTo ? 0 : PAUSE_MS;
    return this.pacer.rest_ms(this.run.machine.tick, this.now_ms());
  }

  /** Runs the ticks that are due, for half a millisecond at most. Returns the host time until the next one is due. */
  work(): number {
    const { machine } = this.run;
    const began = this.now_ms();
    const due = this.isPaused ? this.stepTo : machine.tick + this.pacer.owed(machine.tick, began);
    let now = began;
    this.pausing = false;
    while (machine.tick < due && this.ending === null && !this.pausing && now - began < SLICE_MS) {
      if (!this.isPaused) this.pacer.begin(machine.tick, now);
      this.move(due);
      now = this.now_ms();
    }
    return this.rest_ms;
  }

  /** The service begins now: what was before counts for no figure of its pace. */
  begin(): void {
    this.began_ms = this.now_ms();
    this.pacer.setSpeed(this.pacer.speed, this.run.machine.tick, this.began_ms);
  }

  /** Ends the service. The first call decides the reason. */
  end(how: Ending): void {
    this.ending ??= how;
  }

  setSpeed(speed: Speed): void {
    this.isPaused = false;
    this.pacer.setSpeed(speed, this.run.machine.tick, this.now_ms());
  }

  /** Lets the pump's time stand still, or go on from here at the speed of before. */
  pause(on: boolean): void {
    if (!on) this.setSpeed(this.pacer.speed);
    this.isPaused = on;
    this.stepTo = this.run.machine.tick;
  }

  get paused(): boolean {
    return this.isPaused;
  }

  /** In a pause, lets so many ticks pass, as fast as they can. */
  step(ticks: number): void {
    this.stepTo = this.run.machine.tick + ticks;
  }

  /** Drops the bytes from the host that the pump has not been given, and gives their number. */
  flush(): number {
    const { count } = this.fromHost;
    this.fromHost.take(count);
    return count;
  }

  /** Calls `look` after each tick or leap. Returns a function that ends it. */
  lookAfterEach(looker: Looker): () => void {
    this.lookers.add(looker);
    return () => void this.lookers.delete(looker);
  }

  /**
   * Calls `done` when that much of the pump's time has passed, unless the service ends before. Returns a function that cancels
   * it.
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

  /** Runs one tick or one leap, not beyond `due` and not beyond the end of a wait. */
  private move(due: number): void {
    const { run } = this;
    const { machine } = run;
    const { link } = machine.board;
    if (!run.exchangesAt(machine.tick)) this.feed();
    const executed = machine.executed;
    const end = this.waits.reduce((least, wait) => Math.min(least, wait.tick), due);
    run.advanceUntil(Math.max(end, machine.tick + 1), ALWAYS, this.mayLeap());
    if (machine.executed > executed && link.outboundCount > 0) this.send();
    for (const { look } of [...this.lookers]) look();
    if (this.waits.length > 0) this.wake();
    if (run.failure !== null) this.end("failure");
    else if (run.over) this.end("until");
  }

  private mayLeap(): boolean {
    if (!this.leaps) return false;
    if ([...this.lookers].some(({ grain }) => grain !== "executed")) return false;
    if (this.pacer.speed <= 1 || this.fromHost.count > 0) return false;
    return this.run.machine.tick - this.lastByteTick >= SESSION_TICKS;
  }

  private wake(): void {
    const { tick } = this.run.machine;
    const over = this.waits.filter((wait) => wait.tick <= tick);
    if (over.length === 0) return;
    this.waits = this.waits.filter((wait) => wait.tick > tick);
    for (const wait of over) this.afterTick(wait.done);
  }

  private queueBytes(bytes: Uint8Array): void {
    this.fromHost.put(bytes);
    this.queueMax.rx = Math.max(this.queueMax.rx, this.fromHost.count);
  }

  /** Gives the pump as many of the host's bytes as the line carries in a tick, and moves the head to where it was set. */
  private feed(): void {
    const { tick, board } = this.run.machine;
    if (this.fromHost.count > 0) this.isPortUsed = true;
    if (this.isPortUsed) board.link.programmingHead = this.head;
    for (let left = LINK_BYTES_PER_TICK; left > 0 && this.fromHost.count > 0;) {
      const piece = this.fromHost.piece().subarray(0, left);
      for (const byte of piece) {
        this.rxFrames.see(byte);
        board.link.arrive(byte);
      }
      this.fromHost.take(piece.length);
      this.sums.rx_bytes += piece.length;
      left -= piece.length;
      this.lastByteTick = tick;
    }
  }

  /** Sends the bytes that the pump transmitted in the tick that is over. */
  private send(): void {
    const { tick, board } = this.run.machine;
    const { link } = board;
    const bytes = link.outbound.slice(0, link.outboundCount);
    if (this.run.exchangesAt(tick - 1)) {
      this.sums.withheld += bytes.length;
      return;
    }
    if (this.port === NO_PORT) return;
    this.lastByteTick = tick;
    if (!this.port.write(bytes)) return;
    this.sums.tx_bytes += bytes.length;
    for (const byte of bytes) this.txFrames.see(byte);
    this.queueMax.tx = Math.max(this.queueMax.tx, this.port.queued);
  }
}

/**
 * Runs ticks and sleeps until more are due, until the service ends. `work` is a piece of work, which returns the host time until
 * the next one is due.
 */
export async function serve(
  served: Served,
  work: () => number | Promise<number> = () => served.work(),
): Promise<Ending> {
  while (served.ending === null) {
    const rest_ms = await work();
    await (rest_ms > 0 ? sleep(Math.ceil(rest_ms)) : nextTurn());
  }
  return served.ending;
}
