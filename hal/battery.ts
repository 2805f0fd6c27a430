// The primary cell's voltage, as a supervisor measures it once a minute under load.

export abstract class BatteryPort {
  /** Cell voltage in mV, 0..4095. */
  abstract cell_mv(): i32;
}
