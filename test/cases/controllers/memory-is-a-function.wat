;; `memory` is a function.
(module
  (import "watchdog" "kick" (func $kick))
  (memory 1 1)
  (func (export "memory"))
  (func $boot (export "boot") (call $kick))
  (func $tick (export "tick") (call $kick)))
