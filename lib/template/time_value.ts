/**
 * A point in time in a zone, and its calendar.
 *
 * @module
 */

/** A second in nanoseconds. */
export const nanosPerSecond = 1_000_000_000n;

/** A time zone at some time. */
export interface Zone {
  /** How many seconds its clocks are ahead of UTC. */
  readonly offsetSeconds: number;
  /** Its abbreviation; empty when it has none. */
  readonly name: string;
}

/** Gives the local time zone at a time, in nanoseconds since 1970. */
export type ZoneLookup = (nanos: bigint) => Zone;

/** Coordinated universal time. */
export const utc: Zone = { offsetSeconds: 0, name: "UTC" };

/** A point in time in a zone. */
export class GoTime {
  /** Nanoseconds since 1970 in UTC. */
  readonly nanos: bigint;
  /** The zone that it is shown in. */
  readonly zone: Zone;
  /**
   * Creates a point in time.
   *
   * @param nanos Nanoseconds since 1970 in UTC.
   * @param zone The zone that it is shown in.
   */
  constructor(nanos: bigint, zone: Zone) {
    this.nanos = nanos;
    this.zone = zone;
  }

  /**
   * Adds a length of time.
   *
   * @param nanos Nanoseconds, possibly negative.
   * @returns The later time, in the same zone.
   */
  plus(nanos: bigint): GoTime {
    return new GoTime(this.nanos + nanos, this.zone);
  }
}

/** A time as calendars and clocks show it. */
export interface CivilTime {
  /** The year; 0 is 1 BC. */
  readonly year: number;
  /** The month, 1 to 12. */
  readonly month: number;
  /** The day of the month, from 1. */
  readonly day: number;
  /** The hour, 0 to 23. */
  readonly hour: number;
  /** The minute. */
  readonly minute: number;
  /** The second. */
  readonly second: number;
  /** The nanosecond of the second. */
  readonly nanosecond: number;
  /** The day of the week, 0 for Sunday. */
  readonly weekday: number;
  /** The day of the year, from 1. */
  readonly yearDay: number;
}

const secondsPerDay = 86_400;
const daysPerEra = 146_097;

/**
 * Shows a time as calendars and clocks of its zone do.
 *
 * @param time The time.
 * @returns Its parts.
 */
export function civilOf(time: GoTime): CivilTime {
  const fraction = ((time.nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond;
  const seconds = Number((time.nanos - fraction) / nanosPerSecond) + time.zone.offsetSeconds;
  const days = Math.floor(seconds / secondsPerDay);
  const clock = seconds - days * secondsPerDay;
  const { year, month, day } = dateOfDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(clock / 3600),
    minute: Math.floor(clock / 60) % 60,
    second: clock % 60,
    nanosecond: Number(fraction),
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: days - daysOfDate(year, 1, 1) + 1,
  };
}

/**
 * Finds the time that calendars and clocks of a zone show. Parts beyond their range carry over: month 13 is next January.
 *
 * @param civil The parts; day of week and year do not count.
 * @param zone The zone.
 * @returns The time.
 */
export function timeOf(civil: Omit<CivilTime, "weekday" | "yearDay">, zone: Zone): GoTime {
  const { year, month, day, hour, minute, second, nanosecond } = civil;
  const days = daysOfDate(year + Math.floor((month - 1) / 12), (((month - 1) % 12) + 12) % 12 + 1, 1) + day - 1;
  const seconds = BigInt(days) * BigInt(secondsPerDay) +
    BigInt(hour * 3600 + minute * 60 + second - zone.offsetSeconds);
  return new GoTime(seconds * nanosPerSecond + BigInt(nanosecond), zone);
}

/**
 * Counts the days of a month.
 *
 * @param year The year.
 * @param month The month, 1 to 12.
 * @returns How many days it has.
 */
export function daysInMonth(year: number, month: number): number {
  return daysOfDate(month === 12 ? year + 1 : year, month === 12 ? 1 : month + 1, 1) - daysOfDate(year, month, 1);
}

/** Counts the days from 1970-01-01 to a date. Years start in March here, so that leap days come last. */
function daysOfDate(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * daysPerEra + dayOfEra - 719_468;
}

function dateOfDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / daysPerEra);
  const dayOfEra = shifted - era * daysPerEra;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/** Midnight of the first day of the year 1: the time that is no time. */
export const zeroTime: GoTime = new GoTime(-62_135_596_800n * nanosPerSecond, utc);
