// The contract for authors of controllers: the ports, `Hal`, `Controller`, and every unit, code and range of hal/. This door
// loads nothing of the emulator and nothing of Node, as the firmware does not, so a controller may be bundled with it.

export * from "../hal/alarms";
export * from "../hal/assert";
export * from "../hal/battery";
export * from "../hal/clock";
export * from "../hal/controller";
export * from "../hal/crc";
export * from "../hal/crypto";
export * from "../hal/drug-library";
export * from "../hal/guard";
export * from "../hal/hal";
export * from "../hal/link";
export * from "../hal/motor";
export * from "../hal/nvm";
export * from "../hal/reservoir";
export * from "../hal/reset";
export * from "../hal/sounder";
export * from "../hal/telemetry";
export * from "../hal/thermometer";
export * from "../hal/trace";
export * from "../hal/units";
export * from "../hal/watchdog";
