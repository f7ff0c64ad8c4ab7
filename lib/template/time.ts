/**
 * Points in time and lengths of time, as templates see them (spec "Values").
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import { type DefinedStruct, defineStruct } from "./struct_type.ts";
import { formatTime, longMonths, longWeekdays } from "./time_layout.ts";
import { parseTime } from "./time_parse.ts";
import {
  civilOf,
  type CivilTime,
  GoTime,
  nanosPerSecond,
  timeOf,
  utc,
  zeroTime,
  type ZoneLookup,
} from "./time_value.ts";
import { defineNamed, goTypes, type MethodSpec, type ScalarType } from "./types.ts";

const rfc3339 = "2006-01-02T15:04:05.999999999Z07:00";
const plainLayout = "2006-01-02 15:04:05.999999999 -0700 MST";

/** A month, 1 to 12; prints its name. */
const monthType: ScalarType = defineNamed<number>({
  name: "time.Month",
  kind: "int",
  text: (month) => longMonths[month - 1] ?? `%!Month(${month})`,
});

/** A day of the week, 0 for Sunday; prints its name. */
const weekdayType: ScalarType = defineNamed<number>({
  name: "time.Weekday",
  kind: "int",
  text: (weekday) => longWeekdays[weekday] ?? `%!Weekday(${weekday})`,
});

/** The type of lengths of time: whole nanoseconds. */
export const durationType: ScalarType = defineNamed<number | bigint>({
  name: "time.Duration",
  kind: "int",
  text: (nanos) => durationText(BigInt(nanos)),
  methods: {
    Hours: { result: goTypes.float64, call: (nanos) => inUnits(BigInt(nanos), 3600n * nanosPerSecond) },
    Minutes: { result: goTypes.float64, call: (nanos) => inUnits(BigInt(nanos), 60n * nanosPerSecond) },
    Seconds: { result: goTypes.float64, call: (nanos) => inUnits(BigInt(nanos), nanosPerSecond) },
    Milliseconds: { result: goTypes.int64, call: (nanos) => BigInt(nanos) / 1_000_000n },
    Microseconds: { result: goTypes.int64, call: (nanos) => BigInt(nanos) / 1_000n },
    Nanoseconds: { result: goTypes.int64, call: (nanos) => nanos },
  },
});

/** Divides, with whole units and the rest apart so that neither loses digits. */
function inUnits(nanos: bigint, unit: bigint): number {
  return Number(nanos / unit) + Number(nanos % unit) / Number(unit);
}

function durationText(nanos: bigint): string {
  if (nanos < 0n) return `-${durationText(-nanos)}`;
  if (nanos === 0n) return "0s";
  if (nanos < 1_000n) return `${nanos}ns`;
  if (nanos < 1_000_000n) return `${decimal(nanos, 3)}µs`;
  if (nanos < nanosPerSecond) return `${decimal(nanos, 6)}ms`;
  const seconds = nanos / nanosPerSecond;
  const minutes = seconds / 60n;
  const rest = decimal(nanos - minutes * 60n * nanosPerSecond, 9);
  if (minutes === 0n) return `${rest}s`;
  return minutes < 60n ? `${minutes}m${rest}s` : `${minutes / 60n}h${minutes % 60n}m${rest}s`;
}

/** Writes a whole number with the decimal point so many digits from the right. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, "0");
  const fraction = digits.slice(-places).replace(/0+$/, "");
  return digits.slice(0, -places) + (fraction === "" ? "" : `.${fraction}`);
}

/**
 * The type of points in time. Data for it may be a `Date`, a text as RFC 3339 has it, or nothing for the zero time.
 */
export const timeType: DefinedStruct<GoTime> = defineStruct<GoTime>({
  name: "time.Time",
  fields: [],
  methods: timeMethods,
  text: (time) => formatTime(time, plainLayout),
  goText: (time) => {
    const { year, month, day, hour, minute, second, nanosecond } = civilOf(time);
    const zone = time.zone.name === "UTC" ? "time.UTC" : `time.Location("${time.zone.name}")`;
    const name = `time.${longMonths[month - 1] ?? month}`;
    return `time.Date(${[year, name, day, hour, minute, second, nanosecond, zone].join(", ")})`;
  },
  json: (time) => {
    const { year } = civilOf(time);
    if (year < 0 || year > 9999) throw new ValueError("Time.MarshalJSON: year outside of range [0,9999]");
    return JSON.stringify(formatTime(time, rfc3339));
  },
  isZero: isZeroTime,
  isSame: (a, b) => a.nanos === b.nanos && a.zone.name === b.zone.name && a.zone.offsetSeconds === b.zone.offsetSeconds,
  from: timeFrom,
});

function timeFrom(host: unknown): GoTime {
  if (host === undefined) return zeroTime;
  if (host instanceof GoTime) return host;
  if (host instanceof Date) return new GoTime(BigInt(host.getTime()) * 1_000_000n, utc);
  if (typeof host === "string") return parseTime(rfc3339, host, () => utc);
  throw new ValueError(`data of JavaScript type ${typeof host} does not fit type time.Time`);
}

function isZeroTime(time: GoTime): boolean {
  return time.nanos === zeroTime.nanos;
}

function part(name: keyof CivilTime, type: ScalarType = goTypes.int): MethodSpec<GoTime> {
  return { result: type, call: (time) => civilOf(time)[name] };
}

function comparing(test: (difference: bigint) => boolean): MethodSpec<GoTime> {
  return {
    params: [timeType],
    result: goTypes.bool,
    call: (time, other) => test(time.nanos - timeFrom(other).nanos),
  };
}

function timeMethods(): Record<string, MethodSpec<GoTime>> {
  return {
    Year: part("year"),
    Month: part("month", monthType),
    Day: part("day"),
    Hour: part("hour"),
    Minute: part("minute"),
    Second: part("second"),
    Nanosecond: part("nanosecond"),
    Weekday: part("weekday", weekdayType),
    YearDay: part("yearDay"),
    Unix: { result: goTypes.int64, call: (time) => floorDivide(time.nanos, nanosPerSecond) },
    UnixMilli: { result: goTypes.int64, call: (time) => floorDivide(time.nanos, 1_000_000n) },
    UnixMicro: { result: goTypes.int64, call: (time) => floorDivide(time.nanos, 1_000n) },
    UnixNano: { result: goTypes.int64, call: (time) => BigInt.asIntN(64, time.nanos) },
    UTC: { result: timeType, call: (time) => new GoTime(time.nanos, utc) },
    Local: { result: timeType, usesClock: true, call: (time, clock) => inLocalZone(time, clock) },
    Format: {
      params: [goTypes.string],
      result: goTypes.string,
      call: (time, layout) => formatTime(time, String(layout)),
    },
    Add: { params: [durationType], result: timeType, call: (time, nanos) => time.plus(wholeOf(nanos)) },
    AddDate: {
      params: [goTypes.int, goTypes.int, goTypes.int],
      result: timeType,
      call: (time, years, months, days) => addDate(time, Number(years), Number(months), Number(days)),
    },
    Sub: {
      params: [timeType],
      result: durationType,
      call: (time, other) => saturated(time.nanos - timeFrom(other).nanos),
    },
    Before: comparing((difference) => difference < 0n),
    After: comparing((difference) => difference > 0n),
    Equal: comparing((difference) => difference === 0n),
    Compare: {
      params: [timeType],
      result: goTypes.int,
      call: (time, other) => Math.sign(Number(time.nanos - timeFrom(other).nanos)),
    },
    IsZero: { result: goTypes.bool, call: isZeroTime },
    Truncate: { params: [durationType], result: timeType, call: (time, nanos) => truncate(time, wholeOf(nanos)) },
    Round: { params: [durationType], result: timeType, call: (time, nanos) => round(time, wholeOf(nanos)) },
  };
}

function wholeOf(value: unknown): bigint {
  return typeof value === "bigint" ? value : BigInt(Number(value));
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}

function saturated(nanos: bigint): bigint {
  const limit = 2n ** 63n;
  return nanos >= limit ? limit - 1n : nanos < -limit ? -limit : nanos;
}

function addDate(time: GoTime, years: number, months: number, days: number): GoTime {
  const civil = civilOf(time);
  const moved = { ...civil, year: civil.year + years, month: civil.month + months, day: civil.day + days };
  return timeOf(moved, time.zone);
}

/** Gives how far a time is beyond the last multiple of a length since the zero time. */
function remainder(time: GoTime, nanos: bigint): bigint {
  const rest = (time.nanos - zeroTime.nanos) % nanos;
  return rest < 0n ? rest + nanos : rest;
}

function truncate(time: GoTime, nanos: bigint): GoTime {
  return nanos <= 0n ? time : time.plus(-remainder(time, nanos));
}

function round(time: GoTime, nanos: bigint): GoTime {
  if (nanos <= 0n) return time;
  const rest = remainder(time, nanos);
  return time.plus(rest + rest < nanos ? -rest : nanos - rest);
}

/** The clock and local time zone of a run. */
export class Clock {
  /** Gives the present time in milliseconds since 1970. */
  readonly now: () => number;
  /** Gives the local time zone at a time. */
  readonly localZone: ZoneLookup;

  /**
   * Creates a clock.
   *
   * @param now Gives the present time in milliseconds since 1970.
   * @param localZone Gives the local time zone at a time.
   */
  constructor(now: () => number, localZone: ZoneLookup) {
    this.now = now;
    this.localZone = localZone;
  }
}

function inLocalZone({ nanos }: GoTime, clock: unknown): GoTime {
  return new GoTime(nanos, clock instanceof Clock ? clock.localZone(nanos) : utc);
}

/** The type of what the function `time` gives. */
export const clockType: DefinedStruct<Clock> = defineStruct<Clock>({
  name: "template.Clock",
  fields: [],
  methods: () => ({
    Now: {
      result: timeType,
      call: ({ now, localZone }) => {
        const nanos = BigInt(Math.round(now() * 1e3)) * 1_000n;
        return new GoTime(nanos, localZone(nanos));
      },
    },
    Parse: {
      params: [goTypes.string, goTypes.string],
      result: timeType,
      call: ({ localZone }, layout, value) => parseTime(String(layout), String(value), localZone),
    },
  }),
});
