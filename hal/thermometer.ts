// The temperature inside the case, which follows the body within minutes.

export abstract class ThermometerPort {
  /** Thousandths of a degree Celsius; 37000 is body temperature. Range -40000..125000. */
  abstract temperature_mC(): i32;
}
