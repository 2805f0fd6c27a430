// The reference controller as a WebAssembly module. Each port of the hal contract is an import module of the same name,
// each of its calls an import; `boot`, `tick`, `idle` and `skip` are the exports. Everything is built once, when the module
// is instantiated; after that no memory is allocated. AssemblyScript alone: the decorators are not TypeScript.

import { PumpController } from "../../firmware/controller";
// Made from emulator/contract/calls.ts by npm run contract: binding.
import { MotorPort } from "../../hal/motor";
import { ReservoirPort } from "../../hal/reservoir";
import { LinkPort } from "../../hal/link";
import { ClockPort } from "../../hal/clock";
import { NvmPort } from "../../hal/nvm";
import { BatteryPort } from "../../hal/battery";
import { ThermometerPort } from "../../hal/thermometer";
import { SounderPort } from "../../hal/sounder";
import { WatchdogPort } from "../../hal/watchdog";
import { ResetPort } from "../../hal/reset";
import { GuardPort } from "../../hal/guard";
import { CryptoPort } from "../../hal/crypto";
import { TracePort } from "../../hal/trace";
import { CrcPort } from "../../hal/crc";
import { Hal } from "../../hal/hal";

@external("motor", "pulse")
declare function motor_pulse(): void;
@external("motor", "motion")
declare function motor_motion(): i32;
@external("motor", "setPower")
declare function motor_setPower(on: bool): void;
class WasmMotor extends MotorPort {
  pulse(): void {
    motor_pulse();
  }
  motion(): i32 {
    return motor_motion();
  }
  setPower(on: bool): void {
    motor_setPower(on);
  }
}

@external("reservoir", "level")
declare function reservoir_level(): i32;
@external("reservoir", "pressure")
declare function reservoir_pressure(): i32;
@external("reservoir", "capacity_mL")
declare function reservoir_capacity_mL(): i32;
@external("reservoir", "external")
declare function reservoir_external(): bool;
class WasmReservoir extends ReservoirPort {
  level(): i32 {
    return reservoir_level();
  }
  pressure(): i32 {
    return reservoir_pressure();
  }
  capacity_mL(): i32 {
    return reservoir_capacity_mL();
  }
  external(): bool {
    return reservoir_external();
  }
}

@external("link", "receive")
declare function link_receive(): i32;
@external("link", "send")
declare function link_send(byte: i32): bool;
@external("link", "headPresent")
declare function link_headPresent(): bool;
class WasmLink extends LinkPort {
  receive(): i32 {
    return link_receive();
  }
  send(byte: i32): bool {
    return link_send(byte);
  }
  headPresent(): bool {
    return link_headPresent();
  }
}

@external("clock", "minute")
declare function clock_minute(): i32;
@external("clock", "offset")
declare function clock_offset(): i32;
@external("clock", "setOffset")
declare function clock_setOffset(minutes: i32): void;
class WasmClock extends ClockPort {
  minute(): i32 {
    return clock_minute();
  }
  offset(): i32 {
    return clock_offset();
  }
  setOffset(minutes: i32): void {
    clock_setOffset(minutes);
  }
}

@external("nvm", "read")
declare function nvm_read(address: i32): i32;
@external("nvm", "write")
declare function nvm_write(address: i32, value: i32): void;
@external("nvm", "readWord")
declare function nvm_readWord(address: i32): i32;
@external("nvm", "writeWord")
declare function nvm_writeWord(address: i32, word: i32): void;
class WasmNvm extends NvmPort {
  read(address: i32): i32 {
    return nvm_read(address);
  }
  write(address: i32, value: i32): void {
    nvm_write(address, value);
  }
  readWord(address: i32): i32 {
    return nvm_readWord(address);
  }
  writeWord(address: i32, word: i32): void {
    nvm_writeWord(address, word);
  }
}

@external("battery", "cell_mv")
declare function battery_cell_mv(): i32;
class WasmBattery extends BatteryPort {
  cell_mv(): i32 {
    return battery_cell_mv();
  }
}

@external("thermometer", "temperature_mC")
declare function thermometer_temperature_mC(): i32;
class WasmThermometer extends ThermometerPort {
  temperature_mC(): i32 {
    return thermometer_temperature_mC();
  }
}

@external("sounder", "setTone")
declare function sounder_setTone(tone: i32): void;
@external("sounder", "responds")
declare function sounder_responds(): bool;
class WasmSounder extends SounderPort {
  setTone(tone: i32): void {
    sounder_setTone(tone);
  }
  responds(): bool {
    return sounder_responds();
  }
}

@external("watchdog", "kick")
declare function watchdog_kick(): void;
@external("watchdog", "since")
declare function watchdog_since(): i32;
class WasmWatchdog extends WatchdogPort {
  kick(): void {
    watchdog_kick();
  }
  since(): i32 {
    return watchdog_since();
  }
}

@external("reset", "cause")
declare function reset_cause(): i32;
class WasmReset extends ResetPort {
  cause(): i32 {
    return reset_cause();
  }
}

@external("guard", "setLimit")
declare function guard_setLimit(pulsesPerHour: i32): bool;
@external("guard", "limit")
declare function guard_limit(): i32;
@external("guard", "tripped")
declare function guard_tripped(): bool;
@external("guard", "rearm")
declare function guard_rearm(): bool;
class WasmGuard extends GuardPort {
  setLimit(pulsesPerHour: i32): bool {
    return guard_setLimit(pulsesPerHour);
  }
  limit(): i32 {
    return guard_limit();
  }
  tripped(): bool {
    return guard_tripped();
  }
  rearm(): bool {
    return guard_rearm();
  }
}

@external("crypto", "put")
declare function crypto_put(index: i32, value: i32): void;
@external("crypto", "get")
declare function crypto_get(index: i32): i32;
@external("crypto", "storeKey")
declare function crypto_storeKey(slot: i32): void;
@external("crypto", "seal")
declare function crypto_seal(slot: i32, associated: i32, text: i32): bool;
@external("crypto", "open")
declare function crypto_open(slot: i32, associated: i32, text: i32): bool;
@external("crypto", "agree")
declare function crypto_agree(slot: i32): bool;
@external("crypto", "derive")
declare function crypto_derive(from: i32, to: i32, salt: i32): bool;
@external("crypto", "random")
declare function crypto_random(count: i32): void;
class WasmCrypto extends CryptoPort {
  put(index: i32, value: i32): void {
    crypto_put(index, value);
  }
  get(index: i32): i32 {
    return crypto_get(index);
  }
  storeKey(slot: i32): void {
    crypto_storeKey(slot);
  }
  seal(slot: i32, associated: i32, text: i32): bool {
    return crypto_seal(slot, associated, text);
  }
  open(slot: i32, associated: i32, text: i32): bool {
    return crypto_open(slot, associated, text);
  }
  agree(slot: i32): bool {
    return crypto_agree(slot);
  }
  derive(from: i32, to: i32, salt: i32): bool {
    return crypto_derive(from, to, salt);
  }
  random(count: i32): void {
    crypto_random(count);
  }
}

@external("trace", "event")
declare function trace_event(code: i32, a: i32, b: i32, c: i32): void;
@external("trace", "publish")
declare function trace_publish(channel: i32, value: i32): void;
class WasmTrace extends TracePort {
  event(code: i32, a: i32, b: i32, c: i32): void {
    trace_event(code, a, b, c);
  }
  publish(channel: i32, value: i32): void {
    trace_publish(channel, value);
  }
}

@external("crc", "addWord")
declare function crc_addWord(crc: i32, word: i32): i32;
@external("crc", "addByte")
declare function crc_addByte(crc: i32, byte: i32): i32;
class WasmCrc extends CrcPort {
  addWord(crc: i32, word: i32): i32 {
    return crc_addWord(crc, word);
  }
  addByte(crc: i32, byte: i32): i32 {
    return crc_addByte(crc, byte);
  }
}
// End of binding.

const controller = new PumpController(
  new Hal(
    // Made from emulator/contract/calls.ts by npm run contract: parts.
    new WasmMotor(),
    new WasmReservoir(),
    new WasmLink(),
    new WasmClock(),
    new WasmNvm(),
    new WasmBattery(),
    new WasmThermometer(),
    new WasmSounder(),
    new WasmWatchdog(),
    new WasmReset(),
    new WasmGuard(),
    new WasmCrypto(),
    new WasmTrace(),
    new WasmCrc(),
    // End of parts.
  ),
);

export function boot(): void {
  controller.boot();
}

export function tick(): void {
  controller.tick();
}

export function idle(): i32 {
  return controller.idle();
}

export function skip(ticks: i32): void {
  controller.skip(ticks);
}
