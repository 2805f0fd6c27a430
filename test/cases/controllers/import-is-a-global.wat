;; An import has the name of a call and is a global.
(module
  (import "watchdog" "kick" (global $kick i32))
  (memory (export "memory") 1 1)
  (func $boot (export "boot"))
  (func $tick (export "tick")))
