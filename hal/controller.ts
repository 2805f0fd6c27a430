// The calls by which the machine runs a controller. `boot` and `tick` are required; `idle` and `skip` allow leaps over quiet
// time. A JavaScript module is a controller when it exports `createController(hal)`, and a WebAssembly module when it exports
// functions of these names.

export abstract class Controller {
  /** Called once after every reset, before the first tick. All memory is as at construction. */
  abstract boot(): void;
  /** Called every 10 ms. Outside `boot` and these calls the controller does not run. It must kick the watchdog. */
  abstract tick(): void;
  /**
   * The number of coming ticks that would only kick the watchdog and read ports, and would change nothing but what `skip`
   * changes, as long as no register of the board changes. Range 0..LEAP_TICKS_MAX.
   */
  abstract idle(): i32;
  /** Does at once what `ticks` such ticks would do; at most as many as the last `idle()` gave. */
  abstract skip(ticks: i32): void;
}
