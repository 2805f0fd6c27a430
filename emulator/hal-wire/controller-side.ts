// The controller's end of the hal wire. It greets the board, then ticks the controller whenever the board has sensed, until
// the board says that the run is over. The board keeps the time and decides whether the run is in lockstep; this end only
// answers. It repeats what it sent until the board has heard it, and what it hears twice changes nothing. In real time it
// ticks once on the newest SENSE that has arrived, so that no backlog builds up, and counts the SENSEs that it skipped and
// those that came late.

import type { Hal } from "../../hal/hal";
import { PORTS } from "../contract/calls";
import type { ControllerFactory, ControllerHost } from "../machine/controller-host";
import { whatFailed } from "../machine/failure";
import { UsageError } from "../usage-error";
import { VERSION } from "../version";
import { BAUD_DEFAULT } from "../port/port";
import * as frame from "./frame";
import * as message from "./messages";
import { OP_IDLE } from "./ops";
import { BoardWatch } from "./board-watch";
import { WireInterruptError, WireLostError, type Wire, type Retry } from "./wire";
import { Posts } from "./posts";
import { RemoteBoard } from "./remote-board";
import { remoteHal, type Caller } from "./remote-ports";
import { MS_PER_SECOND } from "../time";

/** Counts of a run at the controller's end, for the report. */
export interface ControllerCounts {
  ticks: number;
  /** SENSEs for which no tick happened, because a newer one had arrived. */
  skipped: number;
  /** Ticks on inputs that were old, by the age that the board gave. */
  stale: number;
  /** Frames sent again. */
  resent: number;
  /** How often the board was silent for half a second or more. */
  silences: number;
  /** The longest of these silences. */
  silence_ms_max: number;
  boots: number;
}

export interface ControllerSideSetup {
  wire: Wire;
  factory: ControllerFactory;
  retry: Retry;
  /** The time after which an end without an answer stops greeting. */
  greeting_ms: number;
  session: number;
  /** Name of the scenario that the board should play; "" for any. */
  scenario: string;
  /** Makes the controller for a board that plays no scenario; absent: no such board will do. */
  bare?: (hello: message.Hello, hal: Hal) => BareController;
  /** Options for such a board, which one that plays the scenario cannot carry out. */
  hereOnly?: readonly string[];
  /** Called when a board has answered. */
  onLinked?: (name: string) => void;
  /** Called when the board has fallen silent (true), or is heard again (false). */
  onSilence?: (silent: boolean) => void;
}

/** A controller that decides itself when the run is over, because its board has no end of its own. */
export interface BareController extends Ticked {
  readonly over: boolean;
  greetedAgain(hello: message.Hello): void;
}

type Ticked = Pick<ControllerHost, "canLeap" | "boot" | "tick" | "idle" | "skip" | "clear">;

/** Why a controller cannot continue, and the tick in which it failed. */
export interface ControllerFailure {
  at_tick: number;
  text: string;
}

/** Ends a controller's tick in the middle: the board has reset the controller, or the run is over. */
class TickVoid extends Error {}

const NOTHING = new Uint8Array(0);
const GREETING_MS = 250;
const SILENCE_MS = 500;
/** In real time a frame that the board has not heard is sent again after this time plus twice its time on the line. */
const UNHEARD_MS = 60;
const MS_PER_BYTE = 10_000 / BAUD_DEFAULT;

export class ControllerSide implements Caller {
  readonly posts = new Posts();
  readonly watch = new BoardWatch();
  readonly counts: ControllerCounts = {
    ticks: 0,
    skipped: 0,
    stale: 0,
    resent: 0,
    silences: 0,
    silence_ms_max: 0,
    boots: 0,
  };
  private readonly setup: ControllerSideSetup;
  private readonly wire: Wire;
  private hello: message.Hello | null = null;
  private remote: RemoteBoard | null = null;
  private host: Ticked | null = null;
  private bare: BareController | null = null;
  private epoch: number | null = null;
  private tick = -1;
  private imageSequence: number | null = null;
  /** A frame that arrived in the middle of a tick and ends it. */
  private waiting: message.Sense | null = null;
  private ended: message.End | null = null;
  /** True when the board has reset the controller and it has not booted yet. */
  private mustBoot = false;
  private silent = false;
  private unheardSince_ms = 0;
  private fault: Uint8Array | null = null;
  private failed: { failure: ControllerFailure; at_ms: number } | null = null;

  constructor(setup: ControllerSideSetup) {
    this.setup = setup;
    this.wire = setup.wire;
  }

  /** The controller's failure; null while it can continue. */
  get failure(): ControllerFailure | null {
    return this.failed?.failure ?? null;
  }

  /** The tick of the board's last inputs; -1 before the first. */
  get sensed(): number {
    return this.tick;
  }

  /** The board's greeting; null before it. */
  get board(): message.Hello | null {
    return this.hello;
  }

  get isLockstep(): boolean {
    return ((this.hello?.flags ?? 0) & message.FLAG_LOCKSTEP) !== 0;
  }

  /**
   * Runs the controller until the board ends the run; null when it does not although the controller has failed, and when the run on
   * a bare bench is over. It may be called again after an error that this end did not throw itself. Throws WireLostError, WireInterruptError, UsageError, ControllerFault.
   */
  run(): message.End | null {
    this.greet(this.setup.greeting_ms);
    let heardAt_ms = performance.now();
    let greeted_ms = heardAt_ms;
    for (;;) {
      const got = this.wire.receive(GREETING_MS);
      const now_ms = performance.now();
      const silence_ms = now_ms - heardAt_ms;
      if (silence_ms >= SILENCE_MS) this.noteSilence(silence_ms, got !== null);
      if (got) {
        heardAt_ms = now_ms;
        const end = this.hear(got);
        if (end) return end;
        if (this.bare?.over) {
          this.leave("the run is over");
          return null;
        }
        if (this.hasNoEnd(now_ms)) return null;
        continue;
      }
      const { resend_ms, tries } = this.setup.retry;
      if (this.hasNoEnd(now_ms)) return null;
      if (this.isLockstep && silence_ms > resend_ms * tries) {
        throw new WireLostError(`the board has been silent for ${Math.round(silence_ms / MS_PER_SECOND)} s`);
      }
      if (this.bare && silence_ms > this.setup.greeting_ms) {
        throw new WireLostError(`the bench has been silent for ${Math.round(silence_ms / MS_PER_SECOND)} s`);
      }
      if (!this.isLockstep && silence_ms >= SILENCE_MS && now_ms - greeted_ms >= SILENCE_MS) {
        greeted_ms = now_ms;
        this.sendHello();
      }
    }
  }

  /** True when the board has had its time to end the run of a controller that failed. */
  private hasNoEnd(now_ms: number): boolean {
    const { resend_ms, tries } = this.setup.retry;
    return this.failed !== null && now_ms - this.failed.at_ms > resend_ms * tries;
  }

  /** Tells the board that this end leaves and will not answer any more. */
  leave(why: string): void {
    const body = message.encodeRefusal({ code: message.REFUSED_LEAVING, text: why });
    this.wire.send(frame.FRAME_REFUSE, 0, body);
  }

  /** Says hello until a board answers. */
  private greet(most_ms: number): void {
    const deadline = performance.now() + most_ms;
    while (!this.hello) {
      if (performance.now() > deadline) {
        throw new WireLostError(
          `no board answers: nothing that is a frame of the hal wire in ${most_ms / MS_PER_SECOND} s`,
        );
      }
      this.sendHello();
      const until = performance.now() + GREETING_MS;
      // Frames that follow the answer in the same bytes are for `run`.
      for (let got = this.next(until); got; got = this.hello ? null : this.next(until)) this.welcome(got);
    }
  }

  private next(until_ms: number): frame.WireFrame | null {
    return this.wire.receive(Math.max(0, until_ms - performance.now()), true);
  }

  private sendHello(): void {
    const flags = (this.host?.canLeap ?? true) ? message.FLAG_LEAP : 0;
    const body = message.encodeHello({
      session: this.setup.session,
      contract: message.HAL_CONTRACT,
      role: message.ROLE_CONTROLLER,
      ports: message.ALL_PORTS,
      flags,
      capacity_mL: 0,
      external: 0,
      name: `cistern ${VERSION} ${this.setup.factory.name}`,
      scenario: this.setup.scenario,
    });
    this.wire.send(frame.FRAME_HELLO, 0, body);
  }

  private welcome(got: frame.WireFrame): void {
    if (got.type === frame.FRAME_REFUSE) this.refused(got);
    if (got.type !== frame.FRAME_HELLO) return;
    if (got.version !== frame.WIRE_VERSION) {
      const [theirs, ours] = [got.version, frame.WIRE_VERSION].map(frame.versionNumber);
      throw new UsageError(`the board speaks version ${theirs} of the hal wire, this end version ${ours}`);
    }
    const hello = message.decodeHello(got.body);
    if (!hello || hello.session !== this.setup.session) return;
    if (hello.role !== message.ROLE_BOARD)
      throw new UsageError("the other end is a controller too: one must be a board");
    if (hello.contract !== message.HAL_CONTRACT) {
      throw new UsageError(`the board has hal contract ${hello.contract}, this end ${message.HAL_CONTRACT}`);
    }
    const isPlayed = (hello.flags & message.FLAG_SCENARIO) !== 0;
    const { bare, hereOnly = [] } = this.setup;
    if (isPlayed && hereOnly.length > 0) {
      throw new UsageError(
        `${hereOnly.join(", ")}: the board plays the scenario, so give it to the board's end, which has the machine`,
      );
    }
    const isBare = bare !== undefined && !isPlayed;
    const lacking = PORTS.filter((_, bit) => message.CARRIED_PORTS & ~hello.ports & (1 << bit));
    if (lacking.length > 0 && !isBare) throw new UsageError(`the board does not offer ${lacking.join(", ")}`);
    const { scenario } = this.setup;
    if (scenario !== "" && hello.scenario !== "" && scenario !== hello.scenario) {
      throw new UsageError(`the board plays ${JSON.stringify(hello.scenario)}, not ${JSON.stringify(scenario)}`);
    }
    this.hello = hello;
    const straps = { capacity_mL: hello.capacity_mL, external: hello.external !== 0 };
    this.remote = new RemoteBoard();
    const hal = remoteHal(this.remote, this, straps);
    if (isBare) this.bare = bare(hello, hal);
    this.host = this.bare ?? this.setup.factory.mount(this.watch.watched(hal));
    this.setup.onLinked?.(hello.name);
  }

  private refused(got: frame.WireFrame): never {
    const refusal = message.decodeRefusal(got.body);
    throw new UsageError(`the board refuses: ${refusal?.text ?? "it does not say why"}`);
  }

  private hear(got: frame.WireFrame): message.End | null {
    switch (got.type) {
      case frame.FRAME_IMAGE:
        this.keepImage(got);
        return null;
      case frame.FRAME_SENSE: {
        const sense = message.decodeSense(got.body);
        if (sense) this.onSense(sense);
        return this.ended;
      }
      case frame.FRAME_END:
        return this.keepEnd(got);
      case frame.FRAME_HELLO:
        this.greetedAgain(got);
        return null;
      case frame.FRAME_REFUSE:
        return this.refused(got);
      default:
        return null;
    }
  }

  private keepEnd(got: frame.WireFrame): message.End | null {
    this.ended = message.decodeEnd(got.body);
    if (this.ended) this.wire.send(frame.FRAME_ACK, got.sequence, NOTHING);
    return this.ended;
  }

  /** A board that greets again may have changed between lockstep and real time. All else about it comes with its image. */
  private greetedAgain(got: frame.WireFrame): void {
    const hello = message.decodeHello(got.body);
    if (hello?.session !== this.setup.session || hello.role !== message.ROLE_BOARD) return;
    this.bare?.greetedAgain(hello);
    this.hello = hello;
  }

  private keepImage(got: frame.WireFrame): void {
    const image = message.decodeImage(got.body);
    if (!image || !this.remote) return;
    if (got.sequence !== this.imageSequence) {
      if (image.anew) this.begin();
      this.remote.keep(image.runs);
    }
    this.imageSequence = got.sequence;
    this.wire.send(frame.FRAME_ACK, got.sequence, NOTHING);
  }

  /** The board describes itself anew. What was known of it no longer holds, and the controller boots in the next tick. */
  private begin(): void {
    this.epoch = null;
    this.tick = -1;
    this.remote?.clear();
  }

  private onSense(first: message.Sense): void {
    let next: message.Sense | null = this.newest(first);
    while (next && !this.ended) {
      this.waiting = null;
      try {
        this.carryOut(next);
      } catch (error) {
        if (!(error instanceof TickVoid)) throw error;
      }
      next = this.waiting;
    }
  }

  /** In real time, takes over every SENSE that has arrived, and returns the last one. */
  private newest(first: message.Sense): message.Sense {
    let newest = first;
    while (!this.isLockstep) {
      const got = this.wire.receive(0);
      const sense = got?.type === frame.FRAME_SENSE ? message.decodeSense(got.body) : null;
      if (got && !sense && this.hear(got)) return newest;
      if (!sense) {
        if (got) continue;
        return newest;
      }
      this.takeOver(newest);
      this.counts.skipped++;
      newest = sense;
    }
    return newest;
  }

  private carryOut(sense: message.Sense): void {
    if (!this.host || !this.remote) return;
    if (this.failed || (sense.tick === this.tick && sense.epoch === this.epoch)) return this.repeat();
    this.takeOver(sense);
    this.resendUnheard();
    if (sense.age_ms > 0) this.counts.stale++;
    this.posts.begin(sense.tick, sense.epoch);
    this.remote.beginTick(sense.leapt);
    try {
      if (sense.leapt > 0) this.host.skip(sense.leapt);
      if (this.mustBoot) this.host.boot();
      this.host.tick();
      this.mustBoot = false;
      this.postIdle(this.host);
    } catch (error) {
      const ours = error instanceof TickVoid || error instanceof WireLostError || error instanceof WireInterruptError;
      if (ours || error instanceof UsageError) throw error;
      return this.fail(whatFailed(error));
    }
    this.counts.ticks++;
    this.posts.addTake();
    this.emit(frame.FRAME_ACT);
  }

  /** Takes over registers, memory and telemetry, and a reset if there was one. */
  private takeOver(sense: message.Sense): void {
    const { remote } = this;
    if (!remote) return;
    remote.heard(sense.heard);
    if (sense.epoch === this.epoch) this.posts.heard(sense.heard);
    else {
      this.epoch = sense.epoch;
      this.posts.drop(sense.heard);
      remote.reset();
      this.host?.clear();
      this.mustBoot = true;
      this.counts.boots++;
    }
    remote.sense(sense);
    this.tick = sense.tick;
    if (!this.bare) this.watch.sensed(sense.tick, remote.read("motion"));
  }

  private postIdle(host: Ticked): void {
    if (!host.canLeap || !((this.hello?.flags ?? 0) & message.FLAG_LEAP)) return;
    const ticks = host.idle();
    if (ticks > 0) this.post(OP_IDLE, ticks);
    this.watch.allowed(ticks);
  }

  /** The controller cannot continue, and `what` says why: the board hears it, and ends the run. Only the first failure counts. */
  fail(what: string): void {
    if (this.failed) return;
    const at_tick = Math.max(0, this.tick);
    const text = `the controller failed in tick ${at_tick}: ${what}`;
    this.failed = { failure: { at_tick, text }, at_ms: performance.now() };
    this.fault = this.wire.send(frame.FRAME_FAULT, this.posts.sequence, message.encodeFault(what));
  }

  private emit(type: typeof frame.FRAME_ACT | typeof frame.FRAME_CALL): number {
    const { sequence, bytes } = this.posts.close(type);
    if (this.posts.outstanding.length === 1) this.unheardSince_ms = performance.now();
    this.wire.transmit(bytes);
    this.watch.sent();
    return sequence;
  }

  /** Sends everything again that the board has not heard. */
  private repeat(): void {
    for (const { bytes } of this.posts.outstanding) {
      this.counts.resent++;
      this.wire.transmit(bytes);
    }
    if (this.fault) this.wire.transmit(this.fault);
  }

  private resendUnheard(): void {
    const { outstanding } = this.posts;
    if (outstanding.length === 0) return;
    const bytes = outstanding.reduce((sum, each) => sum + each.bytes.length, 0);
    if (performance.now() - this.unheardSince_ms < UNHEARD_MS + 2 * bytes * MS_PER_BYTE) return;
    this.unheardSince_ms = performance.now();
    this.repeat();
  }

  // ---- calls from within a tick

  makeRoom(): void {
    if (!this.posts.hasRoom) this.exchange();
  }

  post(code: number, ...values: number[]): void {
    this.makeRoom();
    this.posts.post(code, ...values);
  }

  call(code: number, values: readonly number[]): Uint8Array {
    this.makeRoom();
    this.posts.addTake();
    this.posts.post(code, ...values);
    return this.exchange();
  }

  /** Sends the gathered calls as a CALL and waits for its RESULT. */
  private exchange(): Uint8Array {
    this.posts.addTake();
    const sequence = this.emit(frame.FRAME_CALL);
    const { resend_ms, tries } = this.setup.retry;
    for (let attempt = 0; attempt < tries; attempt++) {
      const until = performance.now() + resend_ms;
      for (let got = this.next(until); got; got = this.next(until)) {
        if (got.type === frame.FRAME_RESULT && got.sequence === sequence) {
          this.posts.heard(sequence);
          this.remote?.heard(sequence);
          return got.body;
        }
        this.hearInTick(got);
      }
      this.repeat();
    }
    throw new WireLostError(`the board has not answered a call for ${(resend_ms * tries) / MS_PER_SECOND} s`);
  }

  private hearInTick(got: frame.WireFrame): void {
    if (got.type === frame.FRAME_REFUSE) this.refused(got);
    if (got.type === frame.FRAME_END && this.keepEnd(got)) throw new TickVoid();
    const sense = got.type === frame.FRAME_SENSE ? message.decodeSense(got.body) : null;
    if (!sense) return;
    if (sense.epoch === this.epoch) {
      // In real time the board continues meanwhile. Its newer SENSEs are taken over when this tick is done.
      if (!this.isLockstep && sense.tick !== this.tick) this.counts.skipped++;
      return;
    }
    this.waiting = sense;
    throw new TickVoid();
  }

  private noteSilence(silence_ms: number, over: boolean): void {
    const { counts } = this;
    if (!this.silent) {
      this.silent = true;
      counts.silences++;
      this.setup.onSilence?.(true);
    }
    counts.silence_ms_max = Math.max(counts.silence_ms_max, Math.round(silence_ms));
    if (over) {
      this.silent = false;
      this.setup.onSilence?.(false);
    }
  }
}
