/**
 * Platforms of images (image-spec "image-index", platform object).
 *
 * @module
 */

import { RegkitError } from "../errors.ts";
import { parseKeyValueList } from "./key_value_list.ts";

/** The platform that an image runs on. */
export interface Platform {
  /** The CPU architecture in Go's words, such as `amd64`. */
  readonly architecture: string;
  /** The operating system in Go's words, such as `linux`. */
  readonly os: string;
  /** The version of the operating system. */
  readonly "os.version"?: string;
  /** Features of the operating system that are needed. */
  readonly "os.features"?: readonly string[];
  /** The variant of the CPU, such as `v7`. */
  readonly variant?: string;
  /** Reserved. */
  readonly features?: readonly string[];
}

const architectures: ReadonlySet<string> = new Set(
  ("386 amd64 i386 x86_64 x86-64 arm armhf armel arm64 aarch64 mips mips64 mips64le ppc ppc64 ppc64le " +
    "loong64 riscv riscv64 s390 s390x sparc sparc64 wasm").split(" "),
);

/**
 * Parses a platform: `os[/arch[/variant]][,osver=VERSION]`, `local`, an architecture alone or an operating system alone.
 *
 * @param text The platform.
 * @param local The platform of this machine, which fills in what is left out; without it `linux` is taken and nothing else
 *   filled in.
 * @returns The platform, normalised.
 * @throws {RegkitError} `INVALID_PLATFORM` when it is none.
 *
 * @example
 * ```ts
 * import { formatPlatform, parsePlatform } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * assert.equal(formatPlatform(parsePlatform("Linux/aarch64/v8")), "linux/arm64");
 * ```
 */
export function parsePlatform(text: string, local?: Platform): Platform {
  const comma = text.indexOf(",");
  const version = comma < 0 ? "" : parseVersion(text, text.slice(comma + 1));
  const parts = (comma < 0 ? text : text.slice(0, comma)).split("/").map((part) => {
    if (!/^[A-Za-z0-9_-]+$/.test(part)) {
      throw new RegkitError("INVALID_PLATFORM", `invalid platform component ${part} in ${text}`);
    }
    return part.toLowerCase();
  });
  const [first = "", second = "", third = ""] = parts;
  const host = normalizePlatform(local ?? { os: "linux", architecture: "" });
  if (parts.length === 1 && first === "local") return version === "" ? host : { ...host, "os.version": version };
  const isLoneArchitecture = parts.length === 1 && architectures.has(first);
  const os = isLoneArchitecture || first === "local" ? host.os : first;
  const wanted = platformOf(os, isLoneArchitecture ? first : second, third, version);
  return withHostVersion(parts.length === 1 ? filledIn(wanted, host) : wanted, host);
}

function parseVersion(text: string, list: string): string {
  let version = "";
  let values: ReadonlyMap<string, string>;
  try {
    values = parseKeyValueList(list);
  } catch (cause) {
    throw new RegkitError("INVALID_PLATFORM", `failed to split platform args in ${text}`, { cause });
  }
  for (const [key, value] of values) {
    if (!/^osver(sion)?$/i.test(key)) {
      throw new RegkitError("INVALID_PLATFORM", `unsupported platform arg type, ${key} in ${text}`);
    }
    version = value;
  }
  return version;
}

function platformOf(os: string, architecture: string, variant: string, version: string): Platform {
  return normalizePlatform({
    os,
    architecture,
    ...(variant === "" ? {} : { variant }),
    ...(version === "" ? {} : { "os.version": version }),
  });
}

/** Completes an operating system or architecture given alone with what this machine has, if it can run it. */
function filledIn(wanted: Platform, host: Platform): Platform {
  if (!runnable[host.os]?.includes(wanted.os)) return wanted;
  const architecture = wanted.architecture || host.architecture;
  const variant = wanted.variant ?? (architecture === host.architecture ? host.variant : undefined);
  return { ...wanted, architecture, ...(variant === undefined ? {} : { variant }) };
}

/** The operating systems whose images each can run, by the host's. */
const runnable: Readonly<Record<string, readonly string[]>> = {
  linux: ["linux"],
  darwin: ["darwin", "linux"],
  windows: ["windows", "linux"],
};

function withHostVersion(wanted: Platform, host: Platform): Platform {
  const version = host["os.version"];
  const isWanted = wanted.os === "windows" && host.os === "windows" && wanted.architecture === host.architecture;
  return isWanted && version !== undefined && !wanted["os.version"] ? { ...wanted, "os.version": version } : wanted;
}

/**
 * Prints a platform as `os/arch/variant`, without empty parts, versions and features.
 *
 * @param platform The platform.
 * @returns The text; `unknown` when the operating system is empty.
 */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return os === "" ? "unknown" : [os, architecture, variant].filter(Boolean).join("/");
}

/** Spellings of architectures: what each is in Go's words, and the variant it implies. */
const spellings: Readonly<Record<string, { readonly architecture: string; readonly variant?: string }>> = {
  i386: { architecture: "386", variant: "" },
  "386": { architecture: "386" },
  x86_64: { architecture: "amd64" },
  "x86-64": { architecture: "amd64" },
  aarch64: { architecture: "arm64" },
  armhf: { architecture: "arm", variant: "v7" },
  armel: { architecture: "arm", variant: "v6" },
};

/** Variants by architecture: `""` for the baseline, which is written without one. */
const variants: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  amd64: { v1: "" },
  arm64: { "8": "", v8: "" },
  arm: { "": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8" },
};

/**
 * Brings a platform into the one spelling that is compared and printed.
 *
 * @param platform The platform.
 * @returns The same platform: `macos` as `darwin`, `x86_64` as `amd64`, `armhf` as `arm/v7` and so on, no empty fields.
 */
export function normalizePlatform(platform: Platform): Platform {
  const { os, architecture, variant, "os.version": version, ...rest } = platform;
  const spelling = spellings[architecture] ?? { architecture };
  const given = spelling.variant ?? variant ?? "";
  const normal = variants[spelling.architecture]?.[given] ?? given;
  return {
    ...rest,
    os: os === "macos" ? "darwin" : os,
    architecture: spelling.architecture,
    ...(normal === "" ? {} : { variant: normal }),
    ...(version === undefined || version === "" ? {} : { "os.version": version }),
  };
}

/**
 * Tells whether two platforms are the same, however they are spelt.
 *
 * @param a A platform.
 * @param b Another.
 * @returns Whether they are: for Windows up to the third part of the version, for systems other than Linux and FreeBSD with
 *   version and features.
 */
export function matchesPlatform(a: Platform, b: Platform): boolean {
  const left = normalizePlatform(a);
  const right = normalizePlatform(b);
  if (left.os !== right.os || left.architecture !== right.architecture) return false;
  if ((left.variant ?? "") !== (right.variant ?? "")) return false;
  if (left.os === "linux" || left.os === "freebsd") return true;
  if (left.os === "windows") return buildVersion(left) === buildVersion(right);
  return left["os.version"] === right["os.version"] && isSameList(left["os.features"], right["os.features"]) &&
    isSameList(left.features, right.features);
}

function isSameList(a: readonly string[] = [], b: readonly string[] = []): boolean {
  return a.length === b.length && a.every((item, at) => item === b[at]);
}

/** The part of a Windows version that decides what runs on it: major, minor, build. */
function buildVersion(platform: Platform): string {
  return (platform["os.version"] ?? "").split(".").slice(0, 3).join(".");
}

/**
 * Tells whether a host can run what was built for another platform.
 *
 * @param host The platform of the host.
 * @param target The platform of the image.
 * @returns Whether it can: lower CPU variants count, and Windows and macOS run Linux images.
 */
export function isCompatiblePlatform(host: Platform, target: Platform): boolean {
  const on = normalizePlatform(host);
  const image = normalizePlatform(target);
  if (!(on.os in runnable) && on.os !== "freebsd") return matchesPlatform(on, image);
  const isRunnable = on.os === image.os || runnable[on.os]?.includes(image.os) === true;
  if (!isRunnable || on.architecture !== image.architecture) return false;
  if (!isVariantEnough(on.variant ?? "", image.variant ?? "")) return false;
  return image.os !== "windows" || buildVersion(on) === "" || buildVersion(on) === buildVersion(image);
}

function isVariantEnough(host: string, image: string): boolean {
  return variantNumber(host) >= variantNumber(image) || (host === "" && image === "v1");
}

function variantNumber(variant: string): number {
  const number = Number(variant.replace(/^v/, ""));
  return Number.isNaN(number) ? 0 : number;
}

/**
 * Finds the entry that suits a platform best.
 *
 * @typeParam T What the entries are: descriptors, mostly.
 * @param entries The entries; those without a platform never suit.
 * @param host The platform to run on.
 * @returns The best entry that can run there, the first of equals; `undefined` when none can.
 */
export function selectPlatform<T extends { readonly platform?: Platform | undefined }>(
  entries: Iterable<T>,
  host: Platform,
): T | undefined {
  const on = normalizePlatform(host);
  let best: { readonly entry: T; readonly platform: Platform } | undefined;
  for (const entry of entries) {
    if (entry.platform === undefined || !isCompatiblePlatform(on, entry.platform)) continue;
    const platform = normalizePlatform(entry.platform);
    if (best === undefined || isBetter(on, platform, best.platform)) best = { entry, platform };
  }
  return best?.entry;
}

function isBetter(host: Platform, candidate: Platform, best: Platform): boolean {
  if (candidate.os !== best.os) return candidate.os === host.os;
  if (candidate.architecture !== best.architecture) return candidate.architecture === host.architecture;
  if (candidate.variant !== best.variant) {
    if (candidate.variant === host.variant || best.variant === host.variant) return candidate.variant === host.variant;
    return variantNumber(candidate.variant ?? "") > variantNumber(best.variant ?? "");
  }
  const [wanted, left, right] = [host, candidate, best].map((platform) => platform["os.version"] ?? "");
  if (left === right) return false;
  if (left === wanted || right === wanted) return left === wanted;
  return compareVersions(left ?? "", right ?? "") > 0;
}

function compareVersions(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
