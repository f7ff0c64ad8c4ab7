/**
 * Adds up the events of a copy, and writes the sums as lines.
 *
 * @module
 */

import type { CopyEvent } from "../../lib/copy/progress.ts";
import { formatBytes } from "./size.ts";

const nameWidth = 14;
const minBarWidth = 10;
const maxBarWidth = 40;
/** What the numbers take at most, so that all bars are equally long: `100.00% 999.999MB/999.999MB 999.999MB/s` and blanks. */
const numbersWidth = 44;
/** How many blobs that wait, and that are done, are shown beside those under way. */
const idleLines = 2;

interface BlobState {
  readonly digest: string;
  readonly startedMs: number;
  state: CopyEvent["state"];
  bytes: number;
  total: number;
  endedMs: number | undefined;
}

/** The sums of a copy so far. */
export class ProgressTally {
  readonly #now: () => number;
  readonly #beganMs: number;
  readonly #manifests = new Map<string, CopyEvent["state"]>();
  readonly #blobs = new Map<string, BlobState>();

  /**
   * Begins with nothing.
   *
   * @param now Gives the time in milliseconds.
   */
  constructor(now: () => number) {
    this.#now = now;
    this.#beganMs = now();
  }

  /**
   * Takes an event.
   *
   * @param event The event.
   */
  add(event: CopyEvent): void {
    if (event.kind === "manifest") {
      this.#manifests.set(event.digest, event.state);
      return;
    }
    const known = this.#blobs.get(event.digest);
    const isDone = event.state === "finished" || event.state === "skipped";
    const blob: BlobState = known ??
      { digest: event.digest, startedMs: this.#now(), state: event.state, bytes: 0, total: 0, endedMs: undefined };
    blob.state = event.state;
    blob.bytes = event.bytes;
    blob.total = Math.max(event.total, 0);
    blob.endedMs = isDone ? this.#now() : undefined;
    this.#blobs.set(event.digest, blob);
  }

  /**
   * Writes the line of sums.
   *
   * @returns The line, without its end.
   */
  summary(): string {
    const manifestsDone = [...this.#manifests.values()].filter((state) => state === "finished" || state === "skipped");
    let copied = 0;
    let skipped = 0;
    let queued = 0;
    for (const { state, bytes, total } of this.#blobs.values()) {
      if (state === "skipped") skipped += total;
      else copied += bytes;
      if (state === "started" || state === "active") queued += Math.max(total - bytes, 0);
    }
    const elapsedMs = this.#now() - this.#beganMs;
    const rate = elapsedMs > 0 && copied > 0 ? ` | ${formatBytes(copied * 1000 / elapsedMs)}/s` : "";
    const waiting = queued > 0 ? `, ${formatBytes(queued)} queued` : "";
    return `Manifests: ${manifestsDone.length}/${this.#manifests.size} | ` +
      `Blobs: ${formatBytes(copied)} copied, ${formatBytes(skipped)} skipped${waiting} | ` +
      `Elapsed: ${Math.floor(elapsedMs / 1000)}s${rate}`;
  }

  /**
   * Writes the lines for a terminal: some blobs, and the sums.
   *
   * @param columns How many characters fit in a line.
   * @returns The lines, none longer than that.
   */
  lines(columns: number): readonly string[] {
    const blobs = [...this.#blobs.values()];
    const waiting = blobs.filter(({ state }) => state === "started").slice(0, idleLines);
    const active = blobs.filter(({ state }) => state === "active");
    const done = blobs.filter(({ state }) => state === "finished")
      .toSorted((left, right) => (left.endedMs ?? 0) - (right.endedMs ?? 0)).slice(-idleLines);
    const shown = [...done, ...active, ...waiting].map((blob) => this.#blobLine(blob, columns));
    return [...shown, this.summary()].map((line) => line.slice(0, Math.max(columns - 1, 1)));
  }

  #blobLine(blob: BlobState, columns: number): string {
    const share = blob.total > 0 ? Math.min(blob.bytes / blob.total, 1) : blob.state === "finished" ? 1 : 0;
    const durationMs = (blob.endedMs ?? this.#now()) - blob.startedMs;
    const rate = durationMs > 0 && blob.bytes > 0 ? ` ${formatBytes(blob.bytes * 1000 / durationMs)}/s` : "";
    const numbers = `${(share * 100).toFixed(2)}% ${formatBytes(blob.bytes)}/${formatBytes(blob.total)}${rate}`;
    const width = Math.min(Math.max(columns - nameWidth - numbersWidth, minBarWidth), maxBarWidth);
    return `${blob.digest.slice(0, nameWidth).padEnd(nameWidth)} ${bar(share, width)} ${numbers}`;
  }
}

function bar(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `[${(filled < width ? `${"=".repeat(filled)}>` : "=".repeat(width)).padEnd(width)}]`;
}
