;; `tick` takes an i32 and an i64.
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 1)
  (func $boot (export "boot"))
  (func $tick (export "tick") (param i32 i64) (call $kick)))
