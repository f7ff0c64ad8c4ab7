/**
 * What the handles of one process share about one directory.
 *
 * @module
 */

import { Semaphore } from "./semaphore.ts";

/** One directory, as long as some handle writes to it. */
export interface Place {
  /** Limits how many blobs are written at a time. */
  readonly writes: Semaphore;
  /** Lets one task of this process at a time ask for the lock on the index. */
  readonly indexQueue: Semaphore;
  /** Whether garbage was left because others were at work; the last one to leave collects it. */
  isGarbageLeft: boolean;
}

const places = new Map<string, { readonly place: Place; users: number }>();

/**
 * Joins a directory.
 *
 * @param root The absolute path.
 * @param throttle How many blobs may be written at a time, if nobody is there yet.
 * @returns What its users share.
 */
export function joinPlace(root: string, throttle: number): Place {
  const known = places.get(root);
  if (known !== undefined) {
    known.users++;
    return known.place;
  }
  const place: Place = { writes: new Semaphore(throttle), indexQueue: new Semaphore(1), isGarbageLeft: false };
  places.set(root, { place, users: 1 });
  return place;
}

/**
 * Leaves a directory that was joined.
 *
 * @param root The absolute path.
 */
export function leavePlace(root: string): void {
  const known = places.get(root);
  if (known !== undefined && --known.users === 0) places.delete(root);
}
