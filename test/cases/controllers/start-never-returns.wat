;; A loop in the start function that never ends: it runs when the module is instantiated.
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 1)
  (func $start (loop $forever (br $forever)))
  (start $start)
  (func $boot (export "boot"))
  (func $tick (export "tick") (call $kick)))
