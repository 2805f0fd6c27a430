// The ports of a board with every call held against its row in the table of calls. A call outside of the contract is counted on the
// board (outside-calls.ts). Each argument that is passed on has the type of the contract.

import { Hal } from "../../hal/hal";
import {
  CALLS,
  functionOf,
  PORTS,
  type Call,
  type Parameter,
  type PortFunction,
  type PortName,
} from "../contract/calls";
import type { Board } from "./board";
import type { VirtualMotor } from "./motor";
import { OUTSIDE_COUNT, type OutsideCalls } from "./outside-calls";

/** The classes of calls outside of the contract, as `--allow` names them. */
export const OUTSIDE_CLASSES = ["addresses", "slots", "counts", "pulses", "free"] as const;
export type OutsideClass = (typeof OUTSIDE_CLASSES)[number];
if (OUTSIDE_CLASSES.length !== OUTSIDE_COUNT) throw new Error("a class of outside calls has no count");

/** The classes of the arguments by their names; any other argument is one of the counts. */
const CLASS_OF: Readonly<Record<string, OutsideClass>> = {
  address: "addresses",
  index: "addresses",
  slot: "slots",
  from: "slots",
  to: "slots",
};

/** One row for each class of which there were any. */
export function outsideRows(calls: OutsideCalls): { kind: OutsideClass; count: number; call: string; tick: number }[] {
  return OUTSIDE_CLASSES.flatMap((kind, at) => {
    if (calls.counts[at] === 0) return [];
    const { port, name } = CALLS[calls.firstCall[at]];
    return [{ kind, count: calls.counts[at], call: `${port}.${name}`, tick: calls.firstTick[at] }];
  });
}

/**
 * The ports of a board, each call of which is held against the contract. `open`: they also show the bytes that wait in the link,
 * and the memory.
 */
export function countedHal(board: Board, open = false): Hal {
  const { link, nvm } = board;
  const shown = {
    link: { peek: (index: number) => link.peek(index), room: () => link.room() },
    nvm: { bytes: nvm.bytes },
  };
  return counted(board.hal(), board.motor, board.outsideCalls, open ? shown : {});
}

/** The ports of `hal`, each call of which is held against the contract. `shown` is what they have besides. */
function counted(hal: Hal, motor: VirtualMotor, outside: OutsideCalls, shown: Partial<Record<PortName, object>>): Hal {
  const ports = Object.fromEntries(PORTS.map((port) => [port, { ...shown[port] } as Record<string, PortFunction>]));
  CALLS.forEach((call, index) => {
    ports[call.port][call.name] = seenBy(
      held(call, index, functionOf(hal, call), outside),
      call,
      index,
      motor,
      outside,
    );
  });
  for (const port of PORTS) Object.freeze(ports[port]);
  const made = PORTS.map((port: PortName) => ports[port]);
  return new Hal(...(made as unknown as ConstructorParameters<typeof Hal>));
}

/** Wraps the two calls of which the board itself shows that it could not carry them out. */
function seenBy(
  made: PortFunction,
  call: Call,
  index: number,
  motor: VirtualMotor,
  outside: OutsideCalls,
): PortFunction {
  const name = `${call.port}.${call.name}`;
  if (name === "motor.pulse") {
    return (...given) => {
      const before = motor.pulses;
      made(...given);
      if (motor.pulses === before) outside.note(kindOf("pulses"), index);
    };
  }
  if (name !== "link.send") return made;
  return (...given) => {
    const isTaken = made(...given);
    if (isTaken === false) outside.note(kindOf("free"), index);
    return isTaken;
  };
}

/**
 * A call that checks the number of its arguments and their ranges. It has a form for each number of arguments, so that
 * no list is made.
 */
function held({ parameters }: Call, index: number, call: PortFunction, outside: OutsideCalls): PortFunction {
  const [a, b, c, d] = parameters.map((parameter) => fitting(parameter, index, outside));
  const wrong = (count: number): void => {
    if (count !== parameters.length) outside.note(kindOf("counts"), index);
  };
  // The arguments object is not made when only its length is read.
  switch (parameters.length) {
    case 0:
      return function () {
        if (arguments.length !== 0) wrong(arguments.length);
        return call();
      };
    case 1:
      return function (one) {
        if (arguments.length !== 1) wrong(arguments.length);
        return call(a(one));
      };
    case 2:
      return function (one, two) {
        if (arguments.length !== 2) wrong(arguments.length);
        return call(a(one), b(two));
      };
    case 3:
      return function (one, two, three) {
        if (arguments.length !== 3) wrong(arguments.length);
        return call(a(one), b(two), c(three));
      };
    default:
      return function (one, two, three, four) {
        if (arguments.length !== 4) wrong(arguments.length);
        return call(a(one), b(two), c(three), d(four));
      };
  }
}

/** Gives an argument as the contract's type, and notes one that is not in its range. */
function fitting(parameter: Parameter, index: number, outside: OutsideCalls): (given: unknown) => number | boolean {
  const kind = kindOf(CLASS_OF[parameter.name] ?? "counts");
  if (parameter.type === "bool") {
    return (given) => {
      if (given !== true && given !== false && given !== 0 && given !== 1) outside.note(kind, index);
      return Boolean(given);
    };
  }
  const { min = -0x8000_0000, max = 0x7fff_ffff } = parameter;
  return (given) => {
    const word = (given as number) | 0;
    if (word !== given || word < min || word > max) outside.note(kind, index);
    return word;
  };
}

function kindOf(name: OutsideClass): number {
  return OUTSIDE_CLASSES.indexOf(name);
}
