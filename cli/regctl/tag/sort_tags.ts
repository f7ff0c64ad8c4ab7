/**
 * Puts tags in order.
 *
 * @module
 */

import type { TagDescription } from "../../../lib/image/describe_tags.ts";
import { RegkitError } from "../../../lib/errors.ts";

/** The orders that can be asked for. */
export const tagOrders = ["semver", "alpha", "created"] as const;

/** An order of tags. */
export type TagOrder = (typeof tagOrders)[number];

/**
 * Reads `--sort`.
 *
 * @param text The value; empty for the usual order.
 * @returns The order; `undefined` for the usual one.
 * @throws {RegkitError} `INVALID_ARGUMENT` for any other word.
 */
export function parseTagOrder(text: string): TagOrder | undefined {
  if (text === "") return undefined;
  const order = tagOrders.find((name) => name === text);
  if (order !== undefined) return order;
  throw new RegkitError("INVALID_ARGUMENT", `invalid argument ${JSON.stringify(text)} for "--sort" flag`, {
    tip: `Use one of ${tagOrders.join(", ")}`,
  });
}

/**
 * Sorts tags by version, the highest first; those that are no versions come behind them, by name.
 *
 * @param tags The tags.
 * @returns The tags in order.
 */
export async function sortBySemver(tags: readonly string[]): Promise<readonly string[]> {
  const { versions } = await import("../../../lib/deps/semver.ts");
  const isVersion = new Map(tags.map((tag) => [tag, versions.parse(tag) !== null]));
  return tags.toSorted((left, right) => {
    if (isVersion.get(left) !== isVersion.get(right)) return isVersion.get(left) === true ? -1 : 1;
    const order = isVersion.get(left) === true ? versions.compareBuild(right, left) : 0;
    return order !== 0 ? order : byName(left, right);
  });
}

/**
 * Sorts tags by the time of their images, the newest first; those that tell none come behind them, by name.
 *
 * @param tags The tags.
 * @returns The tags in order.
 */
export function sortByCreated(tags: readonly TagDescription[]): readonly TagDescription[] {
  const time = ({ created }: TagDescription) => created?.getTime() ?? -Infinity;
  return tags.toSorted((left, right) => {
    const [leftTime, rightTime] = [time(left), time(right)];
    return leftTime === rightTime ? byName(left.tag, right.tag) : rightTime > leftTime ? 1 : -1;
  });
}

/** By code units, as regctl sorts. */
function byName(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
