// The temperature inside the case, which follows the body within minutes.

// Made from emulator/contract/calls.ts by npm run contract: port.
export abstract class ThermometerPort {
  /** Thousandths of a degree Celsius; 37000 is body temperature. Gives -40000..125000 mC. */
  abstract temperature_mC(): i32;
}
// End of port.
