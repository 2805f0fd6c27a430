/* The native twin of the machine: board, world and both gears in C, around the firmware that wasm2c made C of. It is the peer
 * that the speed of the emulator is measured against, so it does the same work with the same numbers in the same order, and
 * the state that it ends with has the fingerprints of the emulator's. It models a healthy pump in therapy that nobody talks
 * to: no fault is on, nothing is on the air, the wall of the catheter stores nothing. A call or a reset beyond that ends the
 * program with a line that says so. The constants of hal/ come from constants.h, which twin.ts writes; the others are those of
 * emulator/board and emulator/world, under the same names.
 *
 *   twin names                        prints each value of the state: path and count
 *   twin run GEAR TICKS FROM TO       runs TICKS ticks in GEAR (lockstep or leap) from the state in the file FROM, writes the
 *                                     state to TO and prints executed and leapt ticks, processor time and wall time in s
 *
 * A file of state has the values in the order of `names`, each as a double of 64 bits. */

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "constants.h"
#include "controller.h"

#define DRUGS_MAX 4
#define CELLS 100
#define EVENTS_PER_TICK 64
#define EVENT_WORDS 4
#define STEPS (GUARD_PULSES_PER_HOUR_MAX + 1)
#define NEVER 9e15

typedef unsigned char byte;

/* The state, part by part, under the names of the emulator. All ticks and totals are doubles there; here each has the type that
 * firmware in C would give it. */
static struct { s64 tick, executed, leapt; } machine;
static struct { s64 tick; } faults;
static s64 board_time;
static struct { s32 turned; } board;
static struct { byte closed, guardClosed, inFlight, loaded; s64 flightEnd; s32 steps, unasked; s64 pulses; } motor;
static struct { s32 strap_mL; byte strapExternal; double volume_nl, gauge_pa; s32 lastCode; } sensor;
static struct { byte programmingHead; s64 rxBytes, txBytes; } link_;
static struct { s64 minutes; s32 phase, offsetMinutes; } clock_;
static struct { byte bytes[NVM_BYTES], failed; s64 writes; } nvm;
static struct { double drawn_uC; s32 voltage_mv; s64 settledPulses, settledBytes, settledToneTicks; } battery;
static struct { s32 case_mC; } thermometer;
static struct { s32 tone; s64 since, soundedTicks; byte healthy; } sounder;
static struct { s64 lastKick; byte early; } watchdog;
static struct { s32 lastCause; } reset_;
static struct { s32 reg; byte open; s64 steps[STEPS]; s32 at; } guard;
static struct { s32 channels[CHANNELS], events[EVENTS_PER_TICK * EVENT_WORDS], count, history; s64 total, published, overflows; } trace;
static struct { double delivered_nl, delivered_ng[DRUGS_MAX], byCause_nl[CAUSES], drawn_ng[DRUGS_MAX]; } world;
static struct { double bias, ripple; s32 angle; } head;
static struct { double capacity_nl, volume_nl, drug_ng[DRUGS_MAX]; } reservoir;
static struct {
  double cell_nl, cell_cm, radius2, area_cm2, cells[DRUGS_MAX * CELLS], entered_nl, entered_ng[DRUGS_MAX], mixing, outside_mmHg;
  double stored_nl, tip_nl, tip_ng[DRUGS_MAX], lost_nl, lost_ng[DRUGS_MAX];
  s64 lastTick;
} catheter;

static w2c_controller controller;

__attribute__((noreturn)) static void unmodelled(const char *what) {
  fprintf(stderr, "tick %lld: the twin has no %s\n", (long long)machine.tick, what);
  exit(3);
}

/* ---- The ports of hal/ ---- */

void wasm_rt_trap(wasm_rt_trap_t trap) {
  fprintf(stderr, "the controller trapped (%d)\n", (int)trap);
  exit(1);
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t pages_max, bool is64, uint32_t page_bytes) {
  memory->pages = pages;
  memory->size = pages * page_bytes;
  memory->data = calloc(memory->size, 1);
  if (!memory->data) wasm_rt_trap(WASM_RT_TRAP_OOB);
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { free(memory->data); }

u32 w2c_motor_motion(struct w2c_motor *_) { return motor.steps; }
void w2c_motor_setPower(struct w2c_motor *_, u32 on) { motor.closed = on != 0; }
void w2c_motor_pulse(struct w2c_motor *_) {
  if (!motor.closed || !motor.guardClosed || motor.inFlight) return;
  motor.inFlight = 1;
  motor.flightEnd = board_time + PULSE_FLIGHT_TICKS;
  motor.pulses++;
  motor.loaded = 1;
}

static s32 clampCode(double code) { return code < 0 ? 0 : code > ADC_CODE_MAX ? ADC_CODE_MAX : (s32)code; }
u32 w2c_reservoir_level(struct w2c_reservoir *_) {
  return sensor.lastCode = clampCode(floor(sensor.volume_nl / LEVEL_NL_PER_CODE + 0.5));
}
u32 w2c_reservoir_pressure(struct w2c_reservoir *_) {
  return clampCode(floor(sensor.gauge_pa / PRESSURE_PA_PER_CODE + 0.5) + PRESSURE_CODE_ZERO);
}
u32 w2c_reservoir_capacity_mL(struct w2c_reservoir *_) { return sensor.strap_mL; }
u32 w2c_reservoir_external(struct w2c_reservoir *_) { return sensor.strapExternal; }

u32 w2c_link_receive(struct w2c_link *_) { return -1; }
u32 w2c_link_send(struct w2c_link *_, u32 value) { unmodelled("link.send"); }
u32 w2c_link_headPresent(struct w2c_link *_) { return link_.programmingHead; }

u32 w2c_clock_minute(struct w2c_clock *_) { return clock_.minutes; }
u32 w2c_clock_offset(struct w2c_clock *_) { return clock_.offsetMinutes; }
void w2c_clock_setOffset(struct w2c_clock *_, u32 minutes) { clock_.offsetMinutes = minutes; }

u32 w2c_nvm_read(struct w2c_nvm *_, u32 address) { return address < NVM_BYTES ? nvm.bytes[address] : 0; }
void w2c_nvm_write(struct w2c_nvm *_, u32 address, u32 value) {
  nvm.writes++;
  if (address < NVM_BYTES) nvm.bytes[address] = value;
}

u32 w2c_nvm_readWord(struct w2c_nvm *_, u32 address) {
  u32 word = 0;
  if (address <= NVM_BYTES - 4) memcpy(&word, nvm.bytes + address, 4);
  return word;
}
void w2c_nvm_writeWord(struct w2c_nvm *_, u32 address, u32 word) {
  if (address > NVM_BYTES - 4) return;
  nvm.writes += 4;
  memcpy(nvm.bytes + address, &word, 4);
}

static u32 crcRests[4][256];
static void fillCrcRests(void) {
  for (u32 byte = 0; byte < 256; byte++) {
    u32 rest = byte;
    for (int bit = 0; bit < 8; bit++) rest = rest >> 1 ^ (rest & 1 ? 0xedb88320u : 0);
    crcRests[0][byte] = rest;
  }
  for (int at = 1; at < 4; at++)
    for (u32 byte = 0; byte < 256; byte++) {
      u32 rest = crcRests[at - 1][byte];
      crcRests[at][byte] = rest >> 8 ^ crcRests[0][rest & 255];
    }
}
u32 w2c_crc_addWord(struct w2c_crc *_, u32 crc, u32 word) {
  crc ^= word;
  return crcRests[3][crc & 255] ^ crcRests[2][crc >> 8 & 255] ^ crcRests[1][crc >> 16 & 255] ^ crcRests[0][crc >> 24];
}
u32 w2c_crc_addByte(struct w2c_crc *_, u32 crc, u32 byte) { return crcRests[0][(crc ^ byte) & 255] ^ crc >> 8; }

u32 w2c_battery_cell_mv(struct w2c_battery *_) { return battery.voltage_mv; }
u32 w2c_thermometer_temperature_mC(struct w2c_thermometer *_) { return thermometer.case_mC; }

void w2c_sounder_setTone(struct w2c_sounder *_, u32 tone) {
  if (sounder.tone != TONE_OFF) sounder.soundedTicks += board_time - sounder.since;
  sounder.tone = tone;
  sounder.since = board_time;
}
u32 w2c_sounder_responds(struct w2c_sounder *_) { return sounder.healthy; }

void w2c_watchdog_kick(struct w2c_watchdog *_) {
  if (board_time - watchdog.lastKick < WATCHDOG_TICKS_MIN) watchdog.early = 1;
  watchdog.lastKick = board_time;
}
u32 w2c_watchdog_since(struct w2c_watchdog *_) { return board_time - watchdog.lastKick; }

u32 w2c_reset_cause(struct w2c_reset *_) { return reset_.lastCause; }

u32 w2c_guard_setLimit(struct w2c_guard *_, u32 pulsesPerHour) { unmodelled("guard.setLimit"); }
u32 w2c_guard_limit(struct w2c_guard *_) { return guard.reg; }
u32 w2c_guard_tripped(struct w2c_guard *_) { return guard.open; }
u32 w2c_guard_rearm(struct w2c_guard *_) { unmodelled("guard.rearm"); }

void w2c_crypto_put(struct w2c_crypto *_, u32 index, u32 value) { unmodelled("crypto.put"); }
u32 w2c_crypto_get(struct w2c_crypto *_, u32 index) { unmodelled("crypto.get"); }
void w2c_crypto_storeKey(struct w2c_crypto *_, u32 slot) { unmodelled("crypto.storeKey"); }
u32 w2c_crypto_seal(struct w2c_crypto *_, u32 slot, u32 associated, u32 text) { unmodelled("crypto.seal"); }
u32 w2c_crypto_open(struct w2c_crypto *_, u32 slot, u32 associated, u32 text) { unmodelled("crypto.open"); }
u32 w2c_crypto_agree(struct w2c_crypto *_, u32 slot) { unmodelled("crypto.agree"); }
u32 w2c_crypto_derive(struct w2c_crypto *_, u32 from, u32 to, u32 salt) { unmodelled("crypto.derive"); }
void w2c_crypto_random(struct w2c_crypto *_, u32 count) { unmodelled("crypto.random"); }

static void fold(s32 word) {
  trace.history = (s32)((u32)(trace.history ^ word) * 0x01000193u) ^ (s32)((u32)word >> 13);
}
void w2c_trace_event(struct w2c_trace *_, u32 code, u32 a, u32 b, u32 c) {
  trace.total++;
  fold(code);
  fold(a);
  fold(b);
  fold(c);
  if (trace.count >= EVENTS_PER_TICK) {
    trace.overflows++;
    return;
  }
  s32 *event = trace.events + trace.count++ * EVENT_WORDS;
  event[0] = code;
  event[1] = a;
  event[2] = b;
  event[3] = c;
}
void w2c_trace_publish(struct w2c_trace *_, u32 channel, u32 value) {
  if (channel >= CHANNELS) return;
  trace.channels[channel] = value;
  trace.published++;
}

/* ---- The world ---- */

static double min(double a, double b) { return a < b ? a : b; }
static double max(double a, double b) { return a > b ? a : b; }

static double exponential(double x) {
  double y = x / 16;
  double root = (1 + y / 2 + (y * y) / 12) / (1 - y / 2 + (y * y) / 12);
  double fourth = root * root * (root * root);
  return fourth * fourth * (fourth * fourth);
}

static double excess_mmHg(void) {
  double ratio = exponential(3007 * (1 / 310.15 - 1 / (thermometer.case_mC / 1000.0 + 273.15)));
  return 960 * (ratio - 1) + 760 - 760 + 0;
}

static double catheter_mmHg(void) { return catheter.outside_mmHg + catheter.stored_nl / 10; }

static void mixDrug(double *cells, double k) {
  double left = cells[0];
  for (int i = 0; i < CELLS - 1; i++) {
    double here = cells[i];
    double flux = k * (here - cells[i + 1]);
    double inflow = i == 0 ? 0 : k * (left - here);
    left = here;
    cells[i] = here + inflow - flux;
  }
  cells[CELLS - 1] += k * (left - cells[CELLS - 1]);
}

static void mix(void) {
  double steps = min(40, ceil(catheter.mixing / 0.25));
  double k = min(0.25, catheter.mixing / max(1, steps));
  catheter.mixing = 0;
  for (int step = 0; step < steps; step++) {
    for (int d = 0; d < DRUGS_MAX; d++) mixDrug(catheter.cells + d * CELLS, k);
  }
}

static void shift(void) {
  for (int d = 0; d < DRUGS_MAX; d++) {
    double *cells = catheter.cells + d * CELLS;
    memmove(cells + 1, cells, (CELLS - 1) * sizeof *cells);
    cells[0] = catheter.entered_ng[d] / catheter.entered_nl;
    catheter.entered_ng[d] = 0;
  }
  catheter.entered_nl = 0;
  mix();
}

static void disperse(double volume_nl) {
  double dt = max(1, machine.tick - catheter.lastTick) * 0.01;
  double dL = volume_nl / 1e6 / catheter.area_cm2;
  catheter.lastTick = machine.tick;
  catheter.mixing += (6e-6 * dt + (catheter.radius2 * dL * dL) / (48 * 6e-6 * dt)) / (catheter.cell_cm * catheter.cell_cm);
}

static void advance(double volume_nl, const double *drug_ng) {
  double left = volume_nl;
  while (left > 0) {
    double part = min(left, catheter.cell_nl - catheter.entered_nl);
    for (int d = 0; d < DRUGS_MAX; d++) {
      catheter.entered_ng[d] += drug_ng[d] * (part / volume_nl);
      catheter.tip_ng[d] += catheter.cells[d * CELLS + CELLS - 1] * part;
    }
    catheter.tip_nl += part;
    catheter.entered_nl += part;
    left -= part;
    if (catheter.entered_nl >= catheter.cell_nl) shift();
  }
}

static void turn(s32 cause) {
  static const double RIPPLE[8] = {1, 0.7071067811865476, 0, -0.7071067811865476, -1, -0.7071067811865476, 0, 0.7071067811865476};
  double push = excess_mmHg(), back = catheter_mmHg();
  head.angle = (head.angle + 1) % 24;
  if (reservoir.volume_nl <= 0) return;
  double shape = 1 + head.ripple * RIPPLE[head.angle % 8];
  double held = back <= 300 ? 1 : max(0, (500 - back) / 200);
  double wanted = 1 * PULSE_NL * (1 + head.bias) * shape * 1 * (held * (1 - 0.0001 * (back - push)));
  double taken = min(wanted, reservoir.volume_nl);
  double part = taken / reservoir.volume_nl;
  for (int d = 0; d < DRUGS_MAX; d++) {
    world.drawn_ng[d] = reservoir.drug_ng[d] * part;
    reservoir.drug_ng[d] -= world.drawn_ng[d];
  }
  reservoir.volume_nl -= taken;
  world.delivered_nl += taken;
  world.byCause_nl[cause >= 0 && cause < CAUSES ? cause : CAUSE_NONE] += taken;
  for (int d = 0; d < DRUGS_MAX; d++) world.delivered_ng[d] += world.drawn_ng[d];
  disperse(taken);
  advance(taken, world.drawn_ng);
}

static void showWorld(void) {
  sensor.volume_nl = reservoir.volume_nl;
  sensor.gauge_pa = (155 + (261 - 155) * (reservoir.volume_nl / reservoir.capacity_nl) + excess_mmHg()) * 133.322;
}

/* ---- The board ---- */

static void drawCharge(void) {
  s64 bytes = link_.rxBytes + link_.txBytes;
  s64 tones = sounder.soundedTicks + (sounder.tone == TONE_OFF ? 0 : board_time - sounder.since);
  battery.drawn_uC += 720 + (motor.pulses - battery.settledPulses) * 550.0;
  battery.drawn_uC += (bytes - battery.settledBytes) * 20.0 + (tones - battery.settledToneTicks) * 10.0;
  battery.settledPulses = motor.pulses;
  battery.settledBytes = bytes;
  battery.settledToneTicks = tones;
  double used = battery.drawn_uC / 7200000000.0;
  double fall = used <= 0.85 ? 0 : min(1, (used - 0.85) / (1 - 0.85));
  battery.voltage_mv = (s32)floor(3600 - (3600 - 2000) * fall + 0.5);
}

static void see(void) {
  s64 last = guard.steps[(guard.at + STEPS - 1) % STEPS];
  s64 first = guard.steps[(guard.at + STEPS - guard.reg) % STEPS];
  guard.steps[guard.at] = board_time;
  guard.at = (guard.at + 1) % STEPS;
  if (board_time - last < GUARD_SPACING_TICKS || board_time - first < TICKS_PER_HOUR) guard.open = 1;
}

static void stepBoard(void) {
  if (++clock_.phase >= TICKS_PER_MINUTE) {
    clock_.phase -= TICKS_PER_MINUTE;
    clock_.minutes++;
    drawCharge();
  }
  motor.guardClosed = !guard.open;
  board.turned = 0;
  if (motor.inFlight && board_time >= motor.flightEnd) {
    motor.inFlight = 0;
    if (motor.closed && motor.guardClosed) board.turned = 1;
  }
  motor.steps += board.turned;
  if (board.turned) see();
  motor.guardClosed = !guard.open;
}

static void endTick(void) {
  if (motor.loaded) {
    motor.loaded = 0;
    if (battery.voltage_mv - 20 * 10 < 2000) unmodelled("brown-out");
  }
  if (watchdog.early || board_time - watchdog.lastKick >= WATCHDOG_TICKS_MAX) unmodelled("reset by the watchdog");
}

/* ---- The machine ---- */

static void execute(void) {
  board_time = machine.tick;
  faults.tick = machine.tick;
  stepBoard();
  if (board.turned) {
    turn(trace.channels[CHANNEL_CAUSE]);
    showWorld();
  }
  w2c_controller_tick(&controller);
  endTick();
}

static void closeTick(int shows) {
  trace.count = 0;
  machine.tick++;
  if (shows) machine.executed++;
  else machine.leapt++;
}

static void step(void) {
  execute();
  closeTick(1);
}

/* The next tick only begins a minute: nothing but the clock is due in it. */
static int isMinuteAlone(void) {
  if (clock_.phase != TICKS_PER_MINUTE - 1 || (motor.inFlight && motor.flightEnd - board_time - 1 <= 0)) return 0;
  return w2c_controller_idle(&controller) > 0;
}

static void foldMinute(void) {
  s64 published = trace.published, pulses = motor.pulses;
  int closed = motor.closed, tone = sounder.tone, reg = guard.reg, voltage_mv = battery.voltage_mv;
  execute();
  int news = trace.count > 0 || trace.published != published;
  int turned = board.turned || motor.pulses != pulses || motor.closed != closed;
  closeTick(news || turned || sounder.tone != tone || guard.reg != reg || battery.voltage_mv != voltage_mv);
}

static s64 quiet(void) {
  s64 ticks = TICKS_PER_MINUTE - clock_.phase - 1;
  if (motor.inFlight && motor.flightEnd - board_time - 1 < ticks) ticks = motor.flightEnd - board_time - 1;
  if (watchdog.lastKick != board_time && watchdog.lastKick + WATCHDOG_TICKS_MAX - board_time - 1 < ticks)
    ticks = watchdog.lastKick + WATCHDOG_TICKS_MAX - board_time - 1;
  if (ticks > LEAP_TICKS_MAX) ticks = LEAP_TICKS_MAX;
  if (ticks <= 0) return 0;
  s64 idle = w2c_controller_idle(&controller);
  return idle < ticks ? idle : ticks;
}

static void skip(s64 ticks) {
  w2c_controller_skip(&controller, ticks);
  board.turned = 0;
  motor.unasked = 0;
  clock_.phase += ticks;
  if (watchdog.lastKick == board_time) watchdog.lastKick += ticks;
  board_time += ticks;
  machine.tick += ticks;
  machine.leapt += ticks;
  faults.tick += ticks;
}

/* What is measured, and what callgrind counts. */
__attribute__((noinline)) void twin_run(s64 end, int leaps) {
  while (machine.tick < end) {
    if (leaps) {
      s64 ticks = quiet();
      if (ticks > end - machine.tick) ticks = end - machine.tick;
      if (ticks > 0) {
        skip(ticks);
        continue;
      }
      if (isMinuteAlone()) {
        foldMinute();
        continue;
      }
    }
    step();
  }
}

/* ---- The state as a file ---- */

enum kind { BYTE, WORD, LONG, REAL };
struct place { const char *path; enum kind kind; void *at; int count; };
#define KIND(x) _Generic((x), byte: BYTE, s32: WORD, s64: LONG, double: REAL)
#define ONE(path, value) {path, KIND(value), &(value), 1}
#define MANY(path, value) {path, KIND((value)[0]), (value), sizeof(value) / sizeof((value)[0])}
#define OF(part, object, field) ONE(part "." #field, object.field)
#define ALL(part, object, field) MANY(part "." #field, object.field)

static struct place places[] = {
    {"memory", BYTE, NULL, 0}, /* filled in when the controller is made */
    ONE("tick", machine.tick), ONE("executed", machine.executed), ONE("leapt", machine.leapt), ONE("faults.tick", faults.tick),
    ONE("board.time.tick", board_time), ONE("board.turned", board.turned),
    OF("board.motor", motor, closed), OF("board.motor", motor, guardClosed), OF("board.motor", motor, inFlight),
    OF("board.motor", motor, loaded), OF("board.motor", motor, flightEnd), OF("board.motor", motor, steps),
    OF("board.motor", motor, unasked), OF("board.motor", motor, pulses),
    OF("board.reservoir", sensor, strap_mL), OF("board.reservoir", sensor, strapExternal),
    OF("board.reservoir", sensor, volume_nl), OF("board.reservoir", sensor, gauge_pa), OF("board.reservoir", sensor, lastCode),
    OF("board.link", link_, programmingHead), OF("board.link", link_, rxBytes), OF("board.link", link_, txBytes),
    OF("board.clock", clock_, minutes), OF("board.clock", clock_, phase), OF("board.clock", clock_, offsetMinutes),
    ALL("board.nvm", nvm, bytes), OF("board.nvm", nvm, writes),
    OF("board.battery", battery, drawn_uC), OF("board.battery", battery, voltage_mv), OF("board.battery", battery, settledPulses),
    OF("board.battery", battery, settledBytes), OF("board.battery", battery, settledToneTicks),
    OF("board.thermometer", thermometer, case_mC),
    OF("board.sounder", sounder, tone), OF("board.sounder", sounder, since), OF("board.sounder", sounder, soundedTicks),
    OF("board.sounder", sounder, healthy),
    OF("board.watchdog", watchdog, lastKick), OF("board.watchdog", watchdog, early),
    OF("board.reset", reset_, lastCause),
    ONE("board.guard.register", guard.reg), OF("board.guard", guard, open), ALL("board.guard", guard, steps), OF("board.guard", guard, at),
    ALL("board.trace", trace, channels), ALL("board.trace", trace, events), OF("board.trace", trace, count),
    OF("board.trace", trace, history), OF("board.trace", trace, total), OF("board.trace", trace, published),
    OF("board.trace", trace, overflows),
    OF("world", world, delivered_nl), ALL("world", world, delivered_ng), ALL("world", world, byCause_nl), ALL("world", world, drawn_ng),
    OF("world.head", head, bias), OF("world.head", head, ripple), OF("world.head", head, angle),
    OF("world.reservoir", reservoir, capacity_nl), OF("world.reservoir", reservoir, volume_nl), ALL("world.reservoir", reservoir, drug_ng),
    OF("world.catheter", catheter, cell_nl), OF("world.catheter", catheter, cell_cm), OF("world.catheter", catheter, radius2),
    OF("world.catheter", catheter, area_cm2), ALL("world.catheter", catheter, cells), OF("world.catheter", catheter, entered_nl),
    ALL("world.catheter", catheter, entered_ng), OF("world.catheter", catheter, mixing), OF("world.catheter", catheter, outside_mmHg),
    OF("world.catheter", catheter, stored_nl), OF("world.catheter", catheter, tip_nl), ALL("world.catheter", catheter, tip_ng),
    OF("world.catheter", catheter, lastTick),
};
#define PLACES (int)(sizeof places / sizeof places[0])

static double get(const struct place *place, int i) {
  switch (place->kind) {
    case BYTE: return ((byte *)place->at)[i];
    case WORD: return ((s32 *)place->at)[i];
    case LONG: return ((s64 *)place->at)[i];
    default: return ((double *)place->at)[i];
  }
}

static void put(struct place *place, int i, double value) {
  switch (place->kind) {
    case BYTE: ((byte *)place->at)[i] = value; break;
    case WORD: ((s32 *)place->at)[i] = value; break;
    case LONG: ((s64 *)place->at)[i] = value; break;
    default: ((double *)place->at)[i] = value;
  }
}

static void transfer(const char *name, const char *mode) {
  FILE *file = fopen(name, mode);
  if (!file) perror(name), exit(1);
  for (int p = 0; p < PLACES; p++) {
    for (int i = 0; i < places[p].count; i++) {
      double value = get(&places[p], i);
      if (*mode == 'w') {
        if (fwrite(&value, sizeof value, 1, file) != 1) perror(name), exit(1);
      } else {
        if (fread(&value, sizeof value, 1, file) != 1) fprintf(stderr, "%s is too short\n", name), exit(1);
        put(&places[p], i, value);
      }
    }
  }
  if (fclose(file)) perror(name), exit(1);
}

static double seconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

int main(int count, char **words) {
  wasm2c_controller_instantiate(&controller, IMPORTS);
  fillCrcRests();
  places[0].at = controller.w2c_memory.data;
  places[0].count = controller.w2c_memory.size;
  if (count == 2 && !strcmp(words[1], "names")) {
    for (int p = 0; p < PLACES; p++) printf("%s %d\n", places[p].path, places[p].count);
    return 0;
  }
  if (count != 6 || strcmp(words[1], "run")) {
    fprintf(stderr, "usage: twin names | twin run lockstep|leap TICKS FROM TO\n");
    return 2;
  }
  transfer(words[4], "r");
  s64 end = machine.tick + atoll(words[3]);
  double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  twin_run(end, !strcmp(words[2], "leap"));
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = seconds(CLOCK_MONOTONIC) - wall;
  transfer(words[5], "w");
  printf("%lld %lld %.9f %.9f\n", (long long)machine.executed, (long long)machine.leapt, cpu, wall);
  return 0;
}
