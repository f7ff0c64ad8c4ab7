/**
 * How `registry gc` tells what it removed.
 *
 * @module
 */

import type { GcResult, StoredBlob } from "../../../lib/server/store/gc.ts";
import type { ScrubResult } from "../../../lib/server/store/dir_scrub.ts";
import type { OutputWriter } from "../../context.ts";
import { printJson } from "../../output/json.ts";

/** How `--json` shows what was removed from a registry's directory. */
export interface GcJson {
  /** Whether nothing was removed, only found. */
  readonly dryRun: boolean;
  /** The repositories from which something went. */
  readonly repositories: readonly {
    /** The repository. */
    readonly name: string;
    /** The digests of the manifests that are no longer known. */
    readonly manifests: readonly string[];
    /** The blobs that went, those of manifests too. */
    readonly blobs: readonly { readonly digest: string; readonly size: number }[];
    /** Whether it went itself, since nothing was left in it. */
    readonly removed: boolean;
  }[];
  /** The sums. */
  readonly counts: {
    /** How many manifests. */
    readonly manifests: number;
    /** How many blobs. */
    readonly blobs: number;
    /** How many repositories. */
    readonly repositories: number;
    /** How many bytes of blobs. */
    readonly bytes: number;
  };
  /** What the verification found; only with `--scrub`. */
  readonly scrub?: {
    /** How many blobs were verified. */
    readonly verified: number;
    /** Those that do not have their digest. */
    readonly damaged: readonly { readonly repository: string; readonly digest: string }[];
  };
}

/** Takes what was found, in its order. */
export interface GcReport {
  /** Takes what the verification of a repository found. */
  scrubbed(result: ScrubResult): Promise<void>;
  /** Takes the end of the verification. */
  scrubEnded(): Promise<void>;
  /** Takes what went from a repository. */
  collected(result: GcResult): Promise<void>;
  /** Takes the end. */
  ended(): Promise<void>;
}

/** What a report is told before. */
export interface GcReportOptions {
  /** Whether nothing is removed. */
  readonly isDryRun: boolean;
  /** Whether empty repositories go too. */
  readonly removesEmpty: boolean;
}

/** Adds up. */
class Sums {
  manifests = 0;
  blobs = 0;
  repositories = 0;
  bytes = 0;

  add({ manifests, blobs, isRemoved }: GcResult): void {
    this.manifests += manifests.length;
    this.blobs += blobs.length;
    this.bytes += blobs.reduce((sum, { size }) => sum + size, 0);
    if (isRemoved) this.repositories++;
  }
}

/**
 * Makes a report in lines, written as they come.
 *
 * @param stdout Where to.
 * @param options What is known before.
 * @returns The report.
 */
export function textReport(stdout: OutputWriter, { isDryRun, removesEmpty }: GcReportOptions): GcReport {
  const sums = new Sums();
  let verified = 0;
  return {
    async scrubbed({ repository, damaged, verified: count }) {
      verified += count;
      for (const digest of damaged) await stdout.write(`${repository} damaged ${digest}\n`);
    },
    scrubEnded: () => stdout.write(`verified ${verified} blobs\n`),
    async collected(result) {
      sums.add(result);
      const { repository, manifests, blobs, isRemoved } = result;
      const lines = [
        ...manifests.map((digest) => `${repository} manifest ${digest}\n`),
        ...blobs.map(({ digest, size }) => `${repository} blob ${digest} ${size}\n`),
        ...isRemoved ? [`${repository} repository\n`] : [],
      ];
      if (lines.length > 0) await stdout.write(lines.join(""));
    },
    ended() {
      const { manifests, blobs, repositories, bytes } = sums;
      const what = removesEmpty
        ? `${manifests} manifests, ${blobs} blobs and ${repositories} repositories`
        : `${manifests} manifests and ${blobs} blobs`;
      return stdout.write(`${isDryRun ? "would remove" : "removed"} ${what}, ${bytes} bytes\n`);
    },
  };
}

/**
 * Makes a report as one JSON document, written at the end.
 *
 * @param stdout Where to.
 * @param options What is known before.
 * @returns The report.
 */
export function jsonReport(stdout: OutputWriter, { isDryRun }: GcReportOptions): GcReport {
  const sums = new Sums();
  const repositories: GcJson["repositories"][number][] = [];
  const damaged: { readonly repository: string; readonly digest: string }[] = [];
  let verified: number | undefined;
  return {
    scrubbed(result) {
      verified = (verified ?? 0) + result.verified;
      damaged.push(...result.damaged.map((digest) => ({ repository: result.repository, digest })));
      return Promise.resolve();
    },
    scrubEnded() {
      verified ??= 0;
      return Promise.resolve();
    },
    collected(result) {
      sums.add(result);
      const { repository: name, manifests, isRemoved: removed } = result;
      const blobs = result.blobs.map(({ digest, size }: StoredBlob) => ({ digest, size }));
      if (manifests.length + blobs.length > 0 || removed) repositories.push({ name, manifests, blobs, removed });
      return Promise.resolve();
    },
    ended: () =>
      printJson<GcJson>(stdout, {
        dryRun: isDryRun,
        repositories,
        counts: { ...sums },
        ...verified === undefined ? {} : { scrub: { verified, damaged } },
      }),
  };
}
