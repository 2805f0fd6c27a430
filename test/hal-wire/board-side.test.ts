// The board's end of the hal wire on a board whose link and memory are not the virtual ones. The controller is scripted
// byte by byte: it greets, takes the image and kicks the watchdog.

import { expect, test } from "vitest";
import { BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import { BoardSide } from "../../emulator/hal-wire/board-side";
import { ByteWriter } from "../../emulator/hal-wire/bytes";
import * as frame from "../../emulator/hal-wire/frame";
import * as message from "../../emulator/hal-wire/messages";
import { OP_KICK, OP_READ, OP_WRITE, writeOp } from "../../emulator/hal-wire/ops";
import { Wire } from "../../emulator/hal-wire/wire";
import type { BlockingPort } from "../../emulator/port/blocking-port";
import { Hal } from "../../hal/hal";
import { LinkPort } from "../../hal/link";
import { NVM_BYTES, NvmPort } from "../../hal/nvm";

/** A link of somebody else's board: an array of bytes that wait, and room for seven. */
class OtherLink extends LinkPort {
  waiting = [1, 0, 255];
  receive(): number {
    return this.waiting.shift() ?? -1;
  }
  send(): boolean {
    return true;
  }
  headPresent(): boolean {
    return false;
  }
  peek(index: number): number {
    return this.waiting[index] ?? -1;
  }
  room(): number {
    return 7;
  }
}

class OtherNvm extends NvmPort {
  readonly bytes: Uint8Array = new Uint8Array(NVM_BYTES);
  read(address: number): number {
    return this.bytes[address];
  }
  write(address: number, value: number): void {
    this.bytes[address] = value;
  }
  readWord(address: number): number {
    return new DataView(this.bytes.buffer).getInt32(address, true);
  }
  writeWord(address: number, word: number): void {
    new DataView(this.bytes.buffer).setInt32(address, word, true);
  }
}

/** The board of these parts; the others are the virtual ones. */
function boardOf(link: LinkPort, nvm: NvmPort): Hal {
  const { motor, reservoir, clock, battery, thermometer, sounder, watchdog, reset, guard, crypto, trace, crc } =
    boardWith(new BoardSetup(1, 20)).hal();
  return new Hal(
    motor,
    reservoir,
    link,
    clock,
    nvm,
    battery,
    thermometer,
    sounder,
    watchdog,
    reset,
    guard,
    crypto,
    trace,
    crc,
  );
}

/** The wire with the scripted controller behind it, and what the controller was told. */
class Controller implements BlockingPort {
  readonly stopped = 0;
  readonly memory = new Uint8Array(NVM_BYTES);
  readonly senses: message.Sense[] = [];
  /** The answers of the board to its reads of memory. */
  readonly results: Uint8Array[] = [];
  images = 0;
  /** Why the board has refused it. */
  refusal: message.Refusal | null = null;
  /** The reads of memory that it makes in each tick: address and count. */
  reads: [number, number][] = [];
  private readonly reader = frame.wireReader();
  private readonly toBoard: Uint8Array[] = [];
  private sent = 0;
  private now: message.Sense | null = null;

  constructor(flags = 0) {
    const name = { session: 1, contract: message.HAL_CONTRACT, role: message.ROLE_CONTROLLER, name: "scripted" };
    const body = { ...name, ports: message.ALL_PORTS, flags, capacity_mL: 0, external: 0, scenario: "" };
    this.say(frame.FRAME_HELLO, 0, message.encodeHello(body));
  }

  ignoreInterrupt(): void {
    return undefined;
  }

  read(): Uint8Array {
    return this.toBoard.shift() ?? new Uint8Array(0);
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      const got = this.reader.take(byte);
      if (got) this.hear(got);
    }
  }

  private hear({ type, sequence, body }: frame.WireFrame): void {
    if (type === frame.FRAME_IMAGE) {
      this.images++;
      for (const { at, bytes } of message.decodeImage(body)!.runs) this.memory.set(bytes, at);
      this.say(frame.FRAME_ACK, sequence, new Uint8Array(0));
    }
    if (type === frame.FRAME_RESULT) {
      this.results.push(body);
      this.act();
    }
    if (type === frame.FRAME_REFUSE) this.refusal = message.decodeRefusal(body);
    if (type !== frame.FRAME_SENSE) return;
    this.now = message.decodeSense(body)!;
    this.senses.push(this.now);
    for (const { at, bytes } of this.now.nvm) this.memory.set(bytes, at);
    if (this.reads.length === 0) return this.act();
    const call = this.calls();
    writeOp(call, OP_WRITE, [70], Uint8Array.of(7, 8));
    for (const values of this.reads) writeOp(call, OP_READ, values);
    this.say(frame.FRAME_CALL, ++this.sent, call.done());
  }

  private act(): void {
    const act = this.calls();
    writeOp(act, OP_KICK, []);
    this.say(frame.FRAME_ACT, ++this.sent, act.done());
  }

  private calls(): ByteWriter {
    return new ByteWriter(frame.BODY_BYTES_MAX).u32(this.now!.tick).u8(this.now!.epoch);
  }

  private say(type: number, sequence: number, body: Uint8Array): void {
    this.toBoard.push(frame.encodeWireFrame(type, sequence, body));
  }
}

function sideOf(hal: Hal, port: BlockingPort, tick: () => number): BoardSide {
  const retry = { resend_ms: 100, tries: 3 };
  const setup = {
    retry,
    tick,
    left_ms: null,
    age_ms: () => 0,
    leap: false,
    scenario: "",
    ports: message.ALL_PORTS,
    name: "somebody's board",
  };
  return new BoardSide(hal, { ...setup, wire: new Wire(port) });
}

test("HIL-3: a board with other parts sends its memory, its registers and the waiting bytes, and keeps those bytes", () => {
  const [link, nvm, controller] = [new OtherLink(), new OtherNvm(), new Controller()];
  nvm.bytes.set([9, 8, 7], 5000);
  let tick = 41;
  const side = sideOf(boardOf(link, nvm), controller, () => tick);
  while (!side.awaitController());
  side.boot();
  side.tick();
  expect(controller.memory).toEqual(nvm.bytes);
  const [first] = controller.senses;
  expect([first.tick, first.received]).toEqual([41, { at: 0, bytes: Uint8Array.of(1, 0, 255) }]);
  expect(new Map(first.registers).get(message.REGISTER.free)).toBe(7);
  expect(link.waiting).toEqual([1, 0, 255]);

  tick = 42;
  link.waiting.push(3);
  nvm.bytes[NVM_BYTES - 1] = 6;
  side.tick();
  const second = controller.senses[1];
  expect([second.tick, second.received]).toEqual([42, { at: 3, bytes: Uint8Array.of(3) }]);
  expect(controller.memory).toEqual(nvm.bytes);
});

test("HIL-3: a controller without a copy of the memory is sent none of it and reads what it asks for, its own writes included", () => {
  const [nvm, controller] = [new OtherNvm(), new Controller(message.FLAG_READS)];
  nvm.bytes.set([9, 8, 7], 5000);
  const side = sideOf(boardOf(new OtherLink(), nvm), controller, () => 41);
  while (!side.awaitController());
  side.boot();
  controller.reads = [
    [4999, 4],
    [69, 4],
  ];
  side.tick();
  expect(controller.results).toEqual([Uint8Array.of(4, 0, 9, 8, 7, 4, 0, 7, 8, 0)]);
  nvm.bytes[5001] = 6;
  controller.reads = [[5001, 1]];
  side.tick();
  expect(controller.results[1]).toEqual(Uint8Array.of(1, 6));
  expect([controller.images, controller.memory.some((byte) => byte !== 0)]).toEqual([1, false]);
  expect(controller.senses.map((sense) => sense.nvm)).toEqual([[], []]);
});

test("HIL-3: reads beyond the memory are 0, and a controller whose results would fit no frame is refused", () => {
  const controller = new Controller(message.FLAG_READS);
  const side = sideOf(boardOf(new OtherLink(), new OtherNvm()), controller, () => 41);
  while (!side.awaitController());
  side.boot();
  controller.reads = [[NVM_BYTES - 1, 3], ...Array.from({ length: 3 }, (): [number, number] => [0, 255])];
  side.tick();
  expect(controller.results[0].subarray(0, 4)).toEqual(Uint8Array.of(3, 0, 0, 0));
  controller.reads.push([0, 255]);
  expect(() => side.tick()).toThrow("the controller asks for more than a frame can answer");
  expect(controller.refusal).toEqual({ code: message.REFUSED_MALFORMED, text: "calls whose results fit no frame" });
});

test.each<[string, LinkPort, NvmPort]>([
  ["link", Object.assign(new OtherLink(), { peek: undefined }), new OtherNvm()],
  ["memory", new OtherLink(), Object.assign(new OtherNvm(), { bytes: undefined })],
])("a board whose %s cannot be looked into is refused by name", (_, link, nvm) => {
  expect(() => sideOf(boardOf(link, nvm), new Controller(), () => 0)).toThrow(/link \(peek, room\).*memory \(bytes\)/);
});
