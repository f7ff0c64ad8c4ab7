/**
 * The platform of a machine, from what its system tells.
 *
 * @module
 */

import { normalizePlatform, type Platform } from "./platform.ts";

/** What a system tells of itself. */
export interface LocalSystem {
  /** The operating system, such as `linux`, `darwin` or `windows`. */
  readonly os: string;
  /** The architecture, such as `x86_64`, `amd64` or `aarch64`. */
  readonly architecture: string;
  /** The text of `/proc/cpuinfo`, where there is one and it may be read. */
  readonly cpuinfo?: string | undefined;
  /** The version of the operating system; it counts on Windows only. */
  readonly osVersion?: string | undefined;
}

/** The flags of the micro-architecture levels of amd64 as Linux names them, lowest level first. */
const amd64Levels: readonly (readonly string[])[] = [
  ["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"],
  ["abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"],
  ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
];

/**
 * Works out the platform of a machine.
 *
 * @param system What is known of it.
 * @returns The platform, with the CPU variant as far as it can be told.
 */
export function localPlatform(system: LocalSystem): Platform {
  const { os, architecture } = normalizePlatform({ os: system.os, architecture: system.architecture });
  const variant = localVariant(os, architecture, system.cpuinfo ?? "");
  const version = os === "windows" ? (system.osVersion ?? "").split(".").slice(0, 3).join(".") : "";
  return normalizePlatform({
    os,
    architecture,
    ...(variant === "" ? {} : { variant }),
    ...(version === "" ? {} : { "os.version": version }),
  });
}

function localVariant(os: string, architecture: string, cpuinfo: string): string {
  if (architecture === "amd64") return amd64Variant(os, cpuinfo);
  if (architecture === "arm64") return "v8";
  return architecture === "arm" ? armVariant(cpuinfo) : "";
}

function amd64Variant(os: string, cpuinfo: string): string {
  const flags = new Set(field(cpuinfo, "flags")?.split(/\s+/));
  const missing = amd64Levels.findIndex((level) => !level.every((flag) => flags.has(flag)));
  const level = (missing < 0 ? amd64Levels.length : missing) + 1;
  // macOS does not keep the upper halves of the registers of level 4 in every context.
  return `v${os === "darwin" ? Math.min(level, 3) : level}`;
}

function armVariant(cpuinfo: string): string {
  const architecture = field(cpuinfo, "CPU architecture") ?? "";
  const model = field(cpuinfo, "model name") ?? field(cpuinfo, "Processor") ?? "";
  if (architecture === "7" && /^armv6-compatible/i.test(model)) return "v6";
  const digit = /^[5-8]/.exec(architecture)?.[0];
  return digit === undefined ? "v7" : `v${digit}`;
}

/** The value of the first line `name : value`; names are compared without case. */
function field(cpuinfo: string, name: string): string | undefined {
  for (const line of cpuinfo.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === name.toLowerCase()) {
      return line.slice(colon + 1).trim();
    }
  }
  return undefined;
}
