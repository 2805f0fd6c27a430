;; Memory that grows by a page in each tick (emscripten#17622, txiki.js#938).
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 100)
  (func $boot (export "boot"))
  (func $tick (export "tick") (call $kick) (drop (memory.grow (i32.const 1)))))
