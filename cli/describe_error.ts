/**
 * Turns what was thrown into the lines that a user reads: what went wrong, and what to do about it.
 *
 * @module
 */

import { type ErrorCode, HttpError, RegkitError, type Side } from "../lib/errors.ts";
import { texts } from "./text.ts";

const tips: Partial<Readonly<Record<ErrorCode, string>>> = {
  UNAUTHORIZED: texts.loginTip,
};

/**
 * Writes an error as text: the message, and a tip on a line of its own.
 *
 * @param error Anything that was thrown.
 * @returns The lines, each ended; empty when there is nothing to say.
 */
export function describeError(error: unknown): string {
  // When closing down fails too, what came first is what matters.
  if (error instanceof SuppressedError) return describeError(error.suppressed);
  const message = printable(messageOf(error));
  if (message === "") return "";
  const tip = tipFor(error, message);
  if (tip === undefined) return `${message}\n`;
  return `${message}${message.endsWith("\n") ? "" : "\n"}${capitalized(printable(tip))}\n`;
}

/** What is known of an error, as `--json` prints it. */
export interface ErrorFacts {
  /** The kind of failure: a code of the library, or `UNKNOWN`. */
  readonly code: ErrorCode | "UNKNOWN";
  /** What was wrong, without the tip. */
  readonly message: string;
  /** What was being done, if known. */
  readonly op: string | null;
  /** The side of a copy on which it happened, if known. */
  readonly side: Side | null;
  /** What can be done about it, if there is anything to say. */
  readonly tip: string | null;
}

/**
 * Gathers what is known of an error.
 *
 * @param error Anything that was thrown.
 * @returns The facts.
 */
export function errorFacts(error: unknown): ErrorFacts {
  if (error instanceof SuppressedError) return errorFacts(error.suppressed);
  const message = printable(messageOf(error)).trim();
  const known = error instanceof RegkitError ? error : undefined;
  const tip = tipFor(error, message);
  return {
    code: codeOf(error),
    message,
    op: known?.op ?? null,
    side: known?.side ?? null,
    tip: tip === undefined ? null : capitalized(printable(tip)),
  };
}

/** Several failures have one code only if it is the same for all. */
function codeOf(error: unknown): ErrorFacts["code"] {
  if (error instanceof RegkitError) return error.code;
  if (error instanceof AggregateError) {
    const [first = "UNKNOWN", ...others] = new Set(error.errors.map(codeOf));
    return others.length === 0 ? first : "UNKNOWN";
  }
  if (error instanceof DOMException && error.name === "AbortError") return "ABORTED";
  return error instanceof Deno.errors.NotCapable ? "DENIED" : "UNKNOWN";
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.map(messageOf).join("\n");
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof RegkitError)) return error.message === "" ? error.name : error.message;
  const side = error.side === undefined ? "" : ` (${error.side})`;
  const doing = error.op === undefined || error.message.includes(error.op) ? "" : `failed to ${error.op}${side}: `;
  return doing + error.message + bodyOf(error);
}

/** The registry's own words, unless the message already has them. */
function bodyOf(error: RegkitError): string {
  if (!(error instanceof HttpError)) return "";
  const body = error.body.trim();
  return body === "" || error.message.includes(body) ? "" : `: ${body}`;
}

function tipFor(error: unknown, message: string): string | undefined {
  if (error instanceof RegkitError && error.tip !== undefined) return error.tip;
  if (error instanceof Deno.errors.NotCapable) return texts.permissionTip(permissionIn(message));
  if (
    /server gave HTTP response to HTTPS client|wrong version number|InvalidContentType|packet length too long/.test(
      message,
    )
  ) {
    return texts.tlsTip;
  }
  if (!(error instanceof RegkitError)) return undefined;
  if (error.code === "TLS") return texts.certificateTip;
  return tips[error.code];
}

function permissionIn(message: string): string {
  return /--allow-[a-z]+/.exec(message)?.[0] ?? "-A";
}

/** A registry's text must not steer the terminal: control characters other than line ends and tabs are shown, not sent. */
function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}]/gu,
    (character) =>
      character === "\n" || character === "\t"
        ? character
        : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
