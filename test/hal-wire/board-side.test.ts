// The board's end of the hal wire on a board whose link and memory are not the virtual ones. The controller is scripted
// byte by byte: it greets, takes the image and kicks the watchdog.

import { expect, test } from "vitest";
import { BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import { BoardSide } from "../../emulator/hal-wire/board-side";
import { ByteWriter } from "../../emulator/hal-wire/bytes";
import * as frame from "../../emulator/hal-wire/frame";
import * as message from "../../emulator/hal-wire/messages";
import { OP_KICK, writeOp } from "../../emulator/hal-wire/ops";
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
  private readonly reader = frame.wireReader();
  private readonly toBoard: Uint8Array[] = [];
  private acts = 0;

  constructor() {
    const name = { session: 1, contract: message.HAL_CONTRACT, role: message.ROLE_CONTROLLER, name: "scripted" };
    const body = { ...name, ports: message.ALL_PORTS, flags: 0, capacity_mL: 0, external: 0, scenario: "" };
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
      for (const { at, bytes } of message.decodeImage(body)!.runs) this.memory.set(bytes, at);
      this.say(frame.FRAME_ACK, sequence, new Uint8Array(0));
    }
    if (type !== frame.FRAME_SENSE) return;
    const sense = message.decodeSense(body)!;
    this.senses.push(sense);
    for (const { at, bytes } of sense.nvm) this.memory.set(bytes, at);
    const act = new ByteWriter(frame.BODY_BYTES_MAX).u32(sense.tick).u8(sense.epoch);
    writeOp(act, OP_KICK, []);
    this.say(frame.FRAME_ACT, ++this.acts, act.done());
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

test.each<[string, LinkPort, NvmPort]>([
  ["link", Object.assign(new OtherLink(), { peek: undefined }), new OtherNvm()],
  ["memory", new OtherLink(), Object.assign(new OtherNvm(), { bytes: undefined })],
])("a board whose %s cannot be looked into is refused by name", (_, link, nvm) => {
  expect(() => sideOf(boardOf(link, nvm), new Controller(), () => 0)).toThrow(/link \(peek, room\).*memory \(bytes\)/);
});
