// The reservoir's converters: truth in codes, the rails, and how each fault bends a reading and says so (RES-2).

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ADC_CODE_MAX, LEVEL_NL_PER_CODE, PRESSURE_CODE_ZERO, PRESSURE_PA_PER_CODE } from "../../hal/reservoir";
import { BoardSetup } from "../../emulator/board/board";
import { boardWith } from "../parts";
import { VirtualReservoirSensor } from "../../emulator/board/reservoir-sensor";
import { FAULT_SENSOR_NOISE, FAULT_SENSOR_OFFSET, FAULT_SENSOR_STUCK, FaultLedger } from "../../emulator/fault-ledger";

function bench(volume_nl = 10e6, seed = 1) {
  const faults = new FaultLedger();
  const sensor = new VirtualReservoirSensor(faults, seed, 20);
  sensor.volume_nl = volume_nl;
  return { faults, sensor };
}

describe("a healthy conversion rounds to the nearest code and stays within the rails", () => {
  test.each([
    [0, 0],
    [LEVEL_NL_PER_CODE / 2 - 1, 0],
    [LEVEL_NL_PER_CODE / 2, 1],
    [18e6, 1440],
    [ADC_CODE_MAX * LEVEL_NL_PER_CODE, ADC_CODE_MAX],
    [1e9, ADC_CODE_MAX],
  ])("%d nL reads as code %d", (volume_nl, code) => expect(bench(volume_nl).sensor.level()).toBe(code));

  test.each([
    [0, PRESSURE_CODE_ZERO],
    [PRESSURE_PA_PER_CODE, PRESSURE_CODE_ZERO + 1],
    [26664, 2133],
    [-PRESSURE_CODE_ZERO * PRESSURE_PA_PER_CODE, 0],
    [-1e6, 0],
    [1e6, ADC_CODE_MAX],
  ])("%d Pa reads as code %d", (gauge_pa, code) => {
    const { sensor } = bench();
    sensor.gauge_pa = gauge_pa;
    expect(sensor.pressure()).toBe(code);
  });

  test("the straps show the capacity and the model, which is an implant by default", () => {
    const { faults, sensor } = bench();
    expect([sensor.capacity_mL(), sensor.external()]).toEqual([20, false]);
    expect(new VirtualReservoirSensor(faults, 1, 20, true).external()).toBe(true);
    expect(
      boardWith(new BoardSetup(1, 20, 0, true), faults)
        .hal()
        .reservoir.external(),
    ).toBe(true);
  });
});

describe("EMU-4: a fault of the level sensor", () => {
  test("that sticks repeats the code of the last healthy reading, and counts an act once the truth differs", () => {
    const { faults, sensor } = bench(11e6);
    sensor.level();
    sensor.volume_nl = 10e6;
    sensor.level();
    faults.start(FAULT_SENSOR_STUCK, 0);
    expect([sensor.level(), faults.acts[FAULT_SENSOR_STUCK]]).toEqual([800, 0]);
    sensor.volume_nl = 9e6;
    faults.tick = 77;
    expect([sensor.level(), sensor.level()]).toEqual([800, 800]);
    expect([faults.acts[FAULT_SENSOR_STUCK], faults.first[FAULT_SENSOR_STUCK]]).toEqual([2, 77]);
    faults.end(FAULT_SENSOR_STUCK);
    expect(sensor.level()).toBe(720);
  });

  test("that sticks before the first reading repeats that reading's code", () => {
    const { faults, sensor } = bench(10e6);
    faults.start(FAULT_SENSOR_STUCK, 0);
    expect(sensor.level()).toBe(800);
    sensor.volume_nl = 5e6;
    expect([sensor.level(), faults.acts[FAULT_SENSOR_STUCK]]).toEqual([800, 1]);
  });

  test.each([
    [1e6, 880, 1],
    [-1e6, 720, 1],
    [LEVEL_NL_PER_CODE / 4, 800, 0],
    [-20e6, 0, 1],
    [100e6, ADC_CODE_MAX, 1],
  ])("that adds %d nL reads as code %d", (volume_nl, code, acts) => {
    const { faults, sensor } = bench(10e6);
    faults.start(FAULT_SENSOR_OFFSET, volume_nl);
    expect([sensor.level(), faults.acts[FAULT_SENSOR_OFFSET]]).toEqual([code, acts]);
  });

  test("that adds noise stays within its swing on both sides, counts an act when the code differs, and ends when it is switched off", () => {
    fc.assert(
      fc.property(fc.integer(), fc.double({ min: 0, max: 2e6, noNaN: true }), (seed, swing) => {
        const { faults, sensor } = bench(10e6, seed);
        faults.start(FAULT_SENSOR_NOISE, swing);
        const codes = Array.from({ length: 200 }, () => sensor.level());
        const most = Math.ceil(swing / LEVEL_NL_PER_CODE);
        expect(codes.every((code) => Math.abs(code - 800) <= most)).toBe(true);
        expect(faults.acts[FAULT_SENSOR_NOISE]).toBe(codes.filter((code) => code !== 800).length);
        if (most > 4)
          expect([codes.some((code) => code > 800), codes.some((code) => code < 800)]).toEqual([true, true]);
        faults.end(FAULT_SENSOR_NOISE);
        expect(sensor.level()).toBe(800);
      }),
    );
  });

  test("does not change the pressure", () => {
    const { faults, sensor } = bench();
    for (const fault of [FAULT_SENSOR_STUCK, FAULT_SENSOR_OFFSET, FAULT_SENSOR_NOISE]) faults.start(fault, 1e6);
    sensor.gauge_pa = 25000;
    expect(sensor.pressure()).toBe(PRESSURE_CODE_ZERO + 500);
  });
});
