;; Keeps its state in a mutable global, which is not a part of its memory.
(module
  (import "watchdog" "kick" (func $kick))
  (import "nvm" "write" (func $write (param i32 i32)))
  (memory (export "memory") 1 1)
  (global $ticks (mut i32) (i32.const 0))
  (func $boot (export "boot"))
  (func $tick (export "tick")
    (call $kick)
    (global.set $ticks (i32.add (global.get $ticks) (i32.const 1)))
    (call $write (global.get $ticks) (i32.const 1))))
