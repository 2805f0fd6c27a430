/* What the C code that wasm2c makes of the controller needs at run time. The module has one memory of fixed size, no table and no
 * import but functions, so this is little. A load or store is not checked against the memory's size: it is firmware that was
 * compiled to C, which has no such check either. Bulk operations are checked. The program that includes it defines the end at a
 * trap, and the memory. */
#ifndef CISTERN_WASM_RT_H
#define CISTERN_WASM_RT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_memcpy memcpy

/* Says to the code of wasm2c that something else than a comparison guards single loads and stores. */
#define WASM_RT_MEMCHECK_GUARD_PAGES 1

typedef enum {
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT
} wasm_rt_trap_t;

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64 } wasm_rt_type_t;

typedef struct {
  uint8_t *data;
  uint64_t size, pages;
} wasm_rt_memory_t;

/* Tables are named by helpers that the controller does not use. */
typedef const char *wasm_rt_func_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct {
  void (*fn)(void **, void *, void *);
} wasm_rt_tailcallee_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void *module_instance;
} wasm_rt_funcref_t;
typedef struct {
  wasm_rt_funcref_t *data;
  uint32_t size;
} wasm_rt_funcref_table_t;
typedef void *wasm_rt_externref_t;
typedef struct {
  wasm_rt_externref_t *data;
  uint32_t size;
} wasm_rt_externref_table_t;
#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){0})
#define wasm_rt_externref_null_value NULL

static inline bool wasm_rt_is_initialized(void) { return true; }

__attribute__((noreturn)) void wasm_rt_trap(wasm_rt_trap_t trap);

/* Gives a memory of zeros. A second call for the same memory is a reset of the controller. */
void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t pages_max, bool is64, uint32_t page_bytes);

/* The memory stays as it is; the controller asks at its instantiation only whether it must grow. */
static inline uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  (void)memory;
  (void)pages;
  wasm_rt_trap(WASM_RT_TRAP_OOB);
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory);

#endif
