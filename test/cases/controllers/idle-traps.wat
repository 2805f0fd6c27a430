;; `idle` traps after some ticks.
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 1)
  (func $boot (export "boot"))
  (func $tick (export "tick") (call $kick) (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))))
  (func $idle (export "idle") (result i32)
    (if (i32.gt_s (i32.load (i32.const 0)) (i32.const 5)) (then unreachable))
    (i32.const 0))
  (func $skip (export "skip") (param i32)))
