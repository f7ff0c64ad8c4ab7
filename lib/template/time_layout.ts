/**
 * Times by layout: a layout is how the time Mon Jan 2 15:04:05.000 MST 2006 looks (spec "Functions").
 *
 * @module
 */

import { civilOf, type CivilTime, type GoTime, type Zone } from "./time_value.ts";

/** The months, shortened. */
export const months: readonly string[] = [
  "Jan",
  "Feb",
  "Mar",
  "Apr",
  "May",
  "Jun",
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
];
/** The months. */
export const longMonths: readonly string[] = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
/** The days of the week, shortened, from Sunday. */
export const weekdays: readonly string[] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
/** The days of the week, from Sunday. */
export const longWeekdays: readonly string[] = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
];

/** What in a layout stands for a part of the time; all else is text. */
const partPattern =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm|[-Z]07(?::00:00|0000|:00|00)?|[.,](?:0+|9+)(?![0-9])/g;

/** A part of a layout. */
export interface LayoutPart {
  /** The text before the part. */
  readonly literal: string;
  /** The part; empty at the end. */
  readonly part: string;
}

/**
 * Splits a layout.
 *
 * @param layout The layout.
 * @returns Its parts; the last has no part, only the text at the end.
 */
export function partsOf(layout: string): LayoutPart[] {
  const parts: LayoutPart[] = [];
  let at = 0;
  for (const match of layout.matchAll(partPattern)) {
    parts.push({ literal: layout.slice(at, match.index), part: match[0] });
    at = match.index + match[0].length;
  }
  parts.push({ literal: layout.slice(at), part: "" });
  return parts;
}

/**
 * Writes a time.
 *
 * @param time The time.
 * @param layout The layout.
 * @returns The text.
 */
export function formatTime(time: GoTime, layout: string): string {
  const civil = civilOf(time);
  return partsOf(layout).map(({ literal, part }) => literal + formatPart(part, civil, time.zone)).join("");
}

function formatPart(part: string, civil: CivilTime, zone: Zone): string {
  const { year, month, day, hour, minute, second, yearDay, weekday } = civil;
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  switch (part) {
    case "":
      return "";
    case "2006":
      return (year < 0 ? "-" : "") + padded(Math.abs(year), 4);
    case "06":
      return padded(((year % 100) + 100) % 100, 2);
    case "January":
      return longMonths[month - 1] ?? "";
    case "Jan":
      return months[month - 1] ?? "";
    case "01":
      return padded(month, 2);
    case "1":
      return String(month);
    case "Monday":
      return longWeekdays[weekday] ?? "";
    case "Mon":
      return weekdays[weekday] ?? "";
    case "02":
      return padded(day, 2);
    case "_2":
      return String(day).padStart(2);
    case "2":
      return String(day);
    case "002":
      return padded(yearDay, 3);
    case "__2":
      return String(yearDay).padStart(3);
    case "15":
      return padded(hour, 2);
    case "03":
      return padded(hour12, 2);
    case "3":
      return String(hour12);
    case "04":
      return padded(minute, 2);
    case "4":
      return String(minute);
    case "05":
      return padded(second, 2);
    case "5":
      return String(second);
    case "PM":
      return hour >= 12 ? "PM" : "AM";
    case "pm":
      return hour >= 12 ? "pm" : "am";
    case "MST":
      return zone.name === "" ? offsetText(zone, "-0700") : zone.name;
    default:
      return part.startsWith(".") || part.startsWith(",") ? fractionText(part, civil) : offsetText(zone, part);
  }
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}

function fractionText(part: string, { nanosecond }: CivilTime): string {
  const digits = padded(nanosecond, 9).padEnd(part.length - 1, "0").slice(0, part.length - 1);
  if (part.charAt(1) === "0") return part.charAt(0) + digits;
  const trimmed = digits.replace(/0+$/, "");
  return trimmed === "" ? "" : part.charAt(0) + trimmed;
}

function offsetText({ offsetSeconds }: Zone, part: string): string {
  if (part.startsWith("Z") && offsetSeconds === 0) return "Z";
  const seconds = Math.abs(offsetSeconds);
  const numbers = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const count = Math.ceil(part.replaceAll(":", "").length / 2) - 1;
  const separator = part.includes(":") ? ":" : "";
  return (offsetSeconds < 0 ? "-" : "+") + numbers.slice(0, count).map((number) => padded(number, 2)).join(separator);
}
