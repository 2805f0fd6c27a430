// What a controller offers to whatever carries it: two calls it must have, two that allow leaps. A module plugs in by
// exporting `createController(hal)`; a WebAssembly module by exporting functions of these names.

export abstract class Controller {
  /** Once after every reset, before the first tick. All memory is as at construction. */
  abstract boot(): void;
  /** Every 10 ms, and the only time the controller knows. Must kick the watchdog. */
  abstract tick(): void;
  /**
   * How many of the coming ticks would touch no port but the watchdog and reading ones, and change nothing but what
   * `skip` changes, as long as no register of the board changes. Range 0..LEAP_TICKS_MAX.
   */
  abstract idle(): i32;
  /** Passes `ticks` such ticks at once. Never more than the last `idle()` allowed. */
  abstract skip(ticks: i32): void;
}
