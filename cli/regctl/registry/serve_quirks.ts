/**
 * The misbehaviours that `registry serve --quirk` can be asked for.
 *
 * @module
 */

import type { RouteKind } from "../../../lib/server/observation/request_log.ts";
import type { Fault, FaultAction, FaultMatch } from "../../../lib/server/faults/faults.ts";
import type * as Actions from "../../../lib/server/faults/fault_actions.ts";
import type * as Quirks from "../../../lib/server/faults/quirks.ts";

type Sleep = (ms: number) => Promise<void>;
type Make = (quirks: typeof Quirks, value: string) => Fault | readonly Fault[] | undefined;

const simple: Readonly<Record<string, Make>> = {
  "no-mount": (quirks) => quirks.noMount(),
  "no-single-post": (quirks) => quirks.noSinglePost(),
  "no-referrers": (quirks) => quirks.noReferrers(),
  "no-digest": (quirks) => quirks.noContentDigest(),
  "absolute-location": (quirks) => quirks.absoluteLocation(),
  "refuse-chunked": (quirks) => quirks.refuseChunked(),
  "refuse-tag-delete": (quirks) => quirks.refuseTagDelete(),
  "min-chunk": (quirks, value) => number(value, (bytes) => quirks.minChunk(bytes)),
  "body-limit": (quirks, value) => number(value, (bytes) => quirks.bodyLimit(bytes)),
  "late-deletes": (quirks, value) => number(value, (reads) => quirks.lateDeletes(reads)),
  "redirect-blobs": (quirks, value) => /^https?:\/\/[^/]+/.test(value) ? quirks.redirectBlobs(value) : undefined,
  "expire-tokens": (quirks, value) => number(value || "10", (uses) => quirks.expireTokens(uses)),
};

const kinds: ReadonlySet<string> = new Set(["blob", "catalog", "manifest", "ping", "referrers", "tags", "upload"]);

/** The names, for help and messages. */
export const quirkNames: readonly string[] = [
  ...Object.keys(simple),
  "status",
  "delay",
  "reset",
  "cut",
  "truncate",
  "stall",
  "flip",
].sort();

/**
 * Reads a quirk: `name`, `name=value`, or for single answers `status=503,kind=blob,method=GET,skip=1,count=3,every=2,retry-after=1`.
 *
 * @param text The text.
 * @param sleep How to wait.
 * @returns The faults; `undefined` when there is no such quirk.
 */
export async function parseQuirk(text: string, sleep: Sleep): Promise<readonly Fault[] | undefined> {
  const [first = "", ...rest] = text.split(",");
  const [name = "", value = ""] = splitPair(first);
  const make = Object.hasOwn(simple, name) ? simple[name] : undefined;
  if (make !== undefined) {
    const made = rest.length > 0 ? undefined : make(await import("../../../lib/server/faults/quirks.ts"), value);
    return made === undefined ? undefined : [made].flat();
  }
  const options = new Map(rest.map(splitPair));
  const match = matchOf(options);
  const actions = await import("../../../lib/server/faults/fault_actions.ts");
  const action = actionOf(actions, name, value, options, sleep);
  return match === undefined || action === undefined ? undefined : [{ ...match, action }];
}

function actionOf(
  actions: typeof Actions,
  name: string,
  value: string,
  options: ReadonlyMap<string, string>,
  sleep: Sleep,
): FaultAction | undefined {
  const place = value === "" ? "half" : number(value, (bytes) => bytes);
  if (place === undefined) return undefined;
  switch (name) {
    case "status": {
      const retryAfter = options.get("retry-after");
      const code = value === "429" ? "TOOMANYREQUESTS" : undefined;
      return /^[45][0-9]{2}$/.test(value) ? actions.answerStatus(Number(value), { code, retryAfter }) : undefined;
    }
    case "delay":
      return place === "half" ? undefined : actions.delayAnswer(place, sleep);
    case "reset":
      return actions.resetConnection();
    case "cut":
      return actions.cutBody(place);
    case "truncate":
      return actions.truncateBody(place);
    case "stall":
      return actions.stallBody(place);
    case "flip":
      return actions.flipByte(place);
    default:
      return undefined;
  }
}

function matchOf(options: ReadonlyMap<string, string>): FaultMatch | undefined {
  let match: FaultMatch = {};
  for (const [key, value] of options) {
    if (key === "kind" && isKind(value)) match = { ...match, kind: value };
    else if (key === "method") match = { ...match, method: value.toUpperCase() };
    else if ((key === "skip" || key === "count" || key === "every") && /^[0-9]{1,9}$/.test(value)) {
      match = { ...match, [key]: Number(value) };
    } else if (key !== "retry-after") return undefined;
  }
  return match;
}

function isKind(text: string): text is RouteKind {
  return kinds.has(text);
}

function number<T>(text: string, make: (value: number) => T): T | undefined {
  return /^[0-9]{1,15}$/.test(text) ? make(Number(text)) : undefined;
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
