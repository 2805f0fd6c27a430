// The calls of a controller: two that it must have, and two that allow leaps. A module is a controller when it exports
// `createController(hal)`, a WebAssembly module when it exports functions of these names.

export abstract class Controller {
  /** Called once after every reset, before the first tick. All memory is as at construction. */
  abstract boot(): void;
  /** Called every 10 ms, which is the only time that the controller has. It must kick the watchdog. */
  abstract tick(): void;
  /**
   * The number of coming ticks that would only kick the watchdog and read ports, and would change nothing but what `skip`
   * changes, as long as no register of the board changes. Range 0..LEAP_TICKS_MAX.
   */
  abstract idle(): i32;
  /** Passes over `ticks` such ticks at once, at most as many as the last `idle()` gave. */
  abstract skip(ticks: i32): void;
}
