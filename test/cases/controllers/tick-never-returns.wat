;; A loop in the tick that never ends (wasm-micro-runtime#4047, wasmer#337, wasmtime#1268).
(module
  (import "watchdog" "kick" (func $kick))
  (memory (export "memory") 1 1)
  (func $boot (export "boot"))
  (func $tick (export "tick") (call $kick) (loop $forever (br $forever))))
