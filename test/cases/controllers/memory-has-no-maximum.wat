;; Memory without a maximum, as clang writes it unless it is told one.
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1)
  (func $boot (export "boot"))
  (func $tick (export "tick") (call $kick)))
