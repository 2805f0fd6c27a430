;; A loop in boot that never ends.
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 1)
  (func $boot (export "boot") (loop $forever (br $forever)))
  (func $tick (export "tick") (call $kick)))
