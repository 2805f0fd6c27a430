;; `skip` traps.
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 1)
  (func $boot (export "boot"))
  (func $tick (export "tick") (call $kick))
  (func $idle (export "idle") (result i32) (i32.const 10))
  (func $skip (export "skip") (param i32) unreachable))
