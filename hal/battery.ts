// The primary cell's voltage, as a supervisor measures it once a minute under load.

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class BatteryPort {
  /** Cell voltage. Gives 0..4095 mV. */
  abstract cell_mv(): i32;
}
// End of port.
