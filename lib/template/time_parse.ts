/**
 * Reads times by layout (spec "Functions").
 *
 * @module
 */

import { ValueError } from "./budget.ts";
import { toByteText } from "./byte_text.ts";
import { quoteText } from "./quote.ts";
import { longMonths, longWeekdays, months, partsOf, weekdays } from "./time_layout.ts";
import {
  civilOf,
  type CivilTime,
  daysInMonth,
  GoTime,
  nanosPerSecond,
  timeOf,
  utc,
  type ZoneLookup,
} from "./time_value.ts";

/** A part of the value cannot be read; the reader adds value and layout. */
class PartError extends Error {}

/**
 * Reads a time.
 *
 * @param layout The layout.
 * @param value The text.
 * @param localZone The local time zone, for zones that are given by offset or name alone.
 * @returns The time.
 * @throws {ValueError} When the text does not fit the layout.
 */
export function parseTime(layout: string, value: string, localZone: ZoneLookup): GoTime {
  const reader = new TimeReader(value);
  const parts = partsOf(layout);
  for (const [index, { literal, part }] of parts.entries()) {
    const start = reader.rest;
    try {
      if (!reader.skip(literal)) throw cannotParse(layout, value, start, literal);
      if (part === "") continue;
      const next = parts[index + 1];
      reader.part(part, next?.literal === "" && /^[.,]/.test(next.part));
    } catch (error) {
      if (!(error instanceof PartError)) throw error;
      if (error.message !== "") throw outOfRange(value, error.message);
      throw cannotParse(layout, value, reader.partStart, part);
    }
  }
  if (reader.rest !== "") throw new ValueError(`parsing time ${quote(value)}: extra text: ${quote(reader.rest)}`);
  const problem = reader.dateProblem();
  if (problem !== undefined) throw new ValueError(`parsing time ${quote(value)}: ${problem}`);
  return reader.time(localZone);
}

function quote(text: string): string {
  return quoteText(toByteText(text), true);
}

function cannotParse(layout: string, value: string, rest: string, part: string): ValueError {
  return new ValueError(
    `parsing time ${quote(value)} as ${quote(layout)}: cannot parse ${quote(rest)} as ${quote(part)}`,
  );
}

function outOfRange(value: string, what: string): ValueError {
  return new ValueError(`parsing time ${quote(value)}: ${what} out of range`);
}

/** Reads the parts of a time one by one. */
class TimeReader {
  rest: string;
  /** Where the last part began. */
  partStart = "";
  #year = 0;
  #month: number | undefined;
  #day: number | undefined;
  #yearDay: number | undefined;
  #hour = 0;
  #minute = 0;
  #second = 0;
  #nanosecond = 0;
  #isPm: boolean | undefined;
  #offsetSeconds: number | undefined;
  #zoneName = "";
  #isUtc = false;

  constructor(value: string) {
    this.rest = value;
  }

  /** Moves behind literal text; white space in it stands for any number of spaces. */
  skip(literal: string): boolean {
    for (let at = 0; at < literal.length;) {
      if (literal.charAt(at) === " ") {
        if (this.rest !== "" && !this.rest.startsWith(" ")) return false;
        while (literal.charAt(at) === " ") at++;
        this.rest = this.rest.replace(/^ +/, "");
      } else {
        if (this.rest.charAt(0) !== literal.charAt(at)) return false;
        this.rest = this.rest.slice(1);
        at++;
      }
    }
    return true;
  }

  part(part: string, isFractionNext: boolean): void {
    this.partStart = this.rest;
    switch (part) {
      case "2006":
        this.#year = Number(this.#match(/^[0-9]{4}/));
        return;
      case "06": {
        const year = Number(this.#match(/^[0-9]{2}/));
        this.#year = year >= 69 ? year + 1900 : year + 2000;
        return;
      }
      case "January":
      case "Jan":
        this.#month = this.#name(part === "Jan" ? months : longMonths) + 1;
        return;
      case "Monday":
      case "Mon":
        this.#name(part === "Mon" ? weekdays : longWeekdays);
        return;
      case "01":
      case "1":
        this.#month = this.#number(part, 1, 12, "month");
        return;
      case "_2":
      case "02":
      case "2":
        if (part === "_2") this.rest = this.rest.replace(/^ /, "");
        this.#day = Number(this.#match(part === "02" ? /^[0-9]{2}/ : /^[0-9]{1,2}/));
        return;
      case "002":
      case "__2":
        this.#yearDay = Number(this.#match(part === "002" ? /^[0-9]{3}/ : /^ {0,2}[0-9]{1,3}/));
        return;
      default:
        this.#clockPart(part, isFractionNext);
    }
  }

  #clockPart(part: string, isFractionNext: boolean): void {
    switch (part) {
      case "15":
        this.#hour = this.#number("5", 0, 23, "hour");
        return;
      case "03":
      case "3":
        this.#hour = this.#number(part, 0, 12, "hour");
        return;
      case "04":
      case "4":
        this.#minute = this.#number(part, 0, 59, "minute");
        return;
      case "05":
      case "5":
        this.#second = this.#number(part, 0, 59, "second");
        // A fraction may follow even where the layout has none.
        if (!isFractionNext && /^[.,][0-9]/.test(this.rest)) this.#fraction(/^[.,][0-9]+/);
        return;
      case "PM":
      case "pm":
        this.#isPm = this.#match(part === "PM" ? /^[AP]M/ : /^[ap]m/).toLowerCase() === "pm";
        return;
      case "MST":
        this.#zoneAbbreviation();
        return;
    }
    if (part.startsWith("Z") && this.rest.startsWith("Z")) {
      this.rest = this.rest.slice(1);
      this.#isUtc = true;
    } else if (/^[-Z]/.test(part)) this.#offset(part);
    else if (part.charAt(1) === "0") this.#fraction(new RegExp(`^[.,][0-9]{${part.length - 1}}`));
    else if (/^[.,][0-9]/.test(this.rest)) this.#fraction(/^[.,][0-9]+/);
  }

  #match(pattern: RegExp): string {
    const found = pattern.exec(this.rest)?.[0];
    if (found === undefined) throw new PartError();
    this.rest = this.rest.slice(found.length);
    return found;
  }

  /** Reads a number of two digits, or of one too where the part of the layout has no zero. */
  #number(part: string, least: number, most: number, what: string): number {
    const number = Number(this.#match(part.startsWith("0") ? /^[0-9]{2}/ : /^[0-9]{1,2}/));
    if (number < least || number > most) throw new PartError(what);
    return number;
  }

  #name(names: readonly string[]): number {
    const lower = this.rest.toLowerCase();
    const index = names.findIndex((name) => lower.startsWith(name.toLowerCase()));
    if (index < 0) throw new PartError();
    this.rest = this.rest.slice(names[index]?.length ?? 0);
    return index;
  }

  #fraction(pattern: RegExp): void {
    this.#nanosecond = Number(this.#match(pattern).slice(1, 10).padEnd(9, "0"));
  }

  #offset(part: string): void {
    const pattern = part.slice(1).replaceAll("07", "([0-9]{2})").replaceAll("00", "([0-9]{2})");
    const found = new RegExp(`^([-+])${pattern}`).exec(this.rest);
    if (found === null) throw new PartError();
    const [whole, sign, hours, minutes = "0", seconds = "0"] = found;
    if (Number(hours) > 24) throw new PartError("time zone offset hour");
    if (Number(minutes) > 60) throw new PartError("time zone offset minute");
    if (Number(seconds) > 60) throw new PartError("time zone offset second");
    this.rest = this.rest.slice(whole.length);
    const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
    this.#offsetSeconds = sign === "-" ? -offset : offset;
  }

  #zoneAbbreviation(): void {
    if (this.rest.startsWith("UTC")) {
      this.rest = this.rest.slice(3);
      this.#isUtc = true;
      return;
    }
    this.#zoneName = this.#match(
      /^(?:ChST|MeST|GMT(?:[-+]0*(?:1?[0-9]|2[0-3])(?![0-9]))?|WITA(?![A-Z])|[-+]0*(?:1?[0-9]|2[0-3])(?![0-9])|[A-Z]{3}[A-Z]?T(?![A-Z])|[A-Z]{3}(?![A-Z]))/,
    );
  }

  /** Tells what is wrong with the date as a whole. */
  dateProblem(): string | undefined {
    const isLeap = daysInMonth(this.#year, 2) === 29;
    if (this.#yearDay !== undefined) {
      if (this.#yearDay < 1 || this.#yearDay > (isLeap ? 366 : 365)) return "day-of-year out of range";
      const civil = civilOf(timeOf({ ...this.#civil(), month: 1, day: this.#yearDay }, utc));
      if (this.#month !== undefined && this.#month !== civil.month) return "day-of-year does not match month";
      if (this.#day !== undefined && this.#day !== civil.day) return "day-of-year does not match day";
      this.#month = civil.month;
      this.#day = civil.day;
    }
    const day = this.#day ?? 1;
    return day < 1 || day > daysInMonth(this.#year, this.#month ?? 1) ? "day out of range" : undefined;
  }

  #civil(): Omit<CivilTime, "weekday" | "yearDay"> {
    let hour = this.#hour;
    if (this.#isPm === true && hour < 12) hour += 12;
    if (this.#isPm === false && hour === 12) hour = 0;
    return {
      year: this.#year,
      month: this.#month ?? 1,
      day: this.#day ?? 1,
      hour,
      minute: this.#minute,
      second: this.#second,
      nanosecond: this.#nanosecond,
    };
  }

  time(localZone: ZoneLookup): GoTime {
    const civil = this.#civil();
    if (this.#isUtc) return timeOf(civil, utc);
    const name = this.#zoneName;
    if (this.#offsetSeconds !== undefined) {
      const time = timeOf(civil, { offsetSeconds: this.#offsetSeconds, name });
      const local = localZone(time.nanos);
      const isLocal = local.offsetSeconds === this.#offsetSeconds && (name === "" || name === local.name);
      return isLocal ? new GoTime(time.nanos, local) : time;
    }
    if (name === "") return timeOf(civil, utc);
    const time = timeOf(civil, utc);
    const local = localZone(time.nanos);
    if (local.name === name) {
      return new GoTime(time.nanos - BigInt(local.offsetSeconds) * nanosPerSecond, local);
    }
    // Go takes such a clock for UTC and only shows the time in the zone: `GMT+3` is kept as it is there.
    const hours = name.startsWith("GMT") ? Number(name.slice(3)) : 0;
    return new GoTime(time.nanos, { offsetSeconds: hours * 3600, name });
  }
}
