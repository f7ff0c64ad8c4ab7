/**
 * Puts the settings of one host together from several sources, each able to override those before it.
 *
 * @module
 */

import type { Logger } from "../log.ts";
import type { HostSettings } from "./host.ts";
import { HOST_FIELDS, type HostField, hostSettingsOf, type HostValue, isHostValueSet } from "./host_fields.ts";

/** What one source sets for a host. */
export interface HostLayer {
  /** Where it comes from, in words for people. */
  readonly source: string;
  /** What it sets. */
  readonly settings: HostSettings;
  /** Whether the user wrote it for this host: two such that differ are worth a warning, others are meant to be overridden. */
  readonly isExplicit: boolean;
}

/** The settings of one host from all its sources. */
export interface MergedHost {
  /** What is set in the end. */
  readonly settings: HostSettings;
  /** The source of each key that is set; of the last one for options, which are merged by key. */
  readonly sources: Readonly<Partial<Record<keyof HostSettings, string>>>;
}

/** A value while merging. */
interface Origin {
  readonly value: HostValue;
  readonly layer: HostLayer;
}

/**
 * Merges what several sources set for a host, key by key: the last one that sets a key wins.
 *
 * @param name The host, for warnings.
 * @param layers The sources, lowest first.
 * @param logger Gets a warning for each key that two explicit sources set differently.
 * @returns The merged settings and where each came from.
 */
export function mergeHostLayers(name: string, layers: readonly HostLayer[], logger: Logger): MergedHost {
  const merged = new Map<HostField, Origin>();
  for (const layer of layers) {
    dropReplacedLogin(merged, layer.settings);
    for (const field of HOST_FIELDS) {
      const value = layer.settings[field.key];
      if (!isHostValueSet(field, value)) continue;
      const before = merged.get(field);
      if (before !== undefined) warnOfChange(name, field, before, { value, layer }, logger);
      merged.set(field, { value: before === undefined ? value : combine(field, before.value, value), layer });
    }
  }
  const entries = [...merged];
  return {
    settings: hostSettingsOf(entries.map(([field, { value }]) => [field, value])),
    sources: Object.fromEntries(entries.map(([field, { layer }]) => [field.key, layer.source])),
  };
}

/**
 * A login is one thing though it has several keys: a new password or token ends an older helper, which would be asked first; a
 * new password ends an older token, which would be used first; and a new helper alone ends an older stored login.
 */
function dropReplacedLogin(merged: Map<HostField, Origin>, next: HostSettings): void {
  if (next.credHelper) {
    if (!next.user && !next.pass && !next.token) drop(merged, "user", "pass", "token");
  } else if (next.pass || next.token) drop(merged, "credHelper");
  if (next.pass && !next.token) drop(merged, "token");
}

function drop(merged: Map<HostField, Origin>, ...keys: readonly (keyof HostSettings)[]): void {
  for (const field of merged.keys()) if (keys.includes(field.key)) merged.delete(field);
}

function combine(field: HostField, before: HostValue, value: HostValue): HostValue {
  return field.rule === "per-key" ? { ...Object(before), ...Object(value) } : value;
}

function warnOfChange(name: string, field: HostField, before: Origin, next: Origin, logger: Logger): void {
  if (!before.layer.isExplicit || !next.layer.isExplicit || !logger.isEnabled("warn")) return;
  const message = `Changing ${field.label} for registry`;
  if (field.rule === "per-key") {
    const old = new Map(Object.entries(before.value));
    for (const [opt, value] of Object.entries(next.value)) {
      if (old.has(opt) && old.get(opt) !== value) {
        logger.log("warn", message, { orig: old.get(opt), new: value, opt, host: name });
      }
    }
  } else if (JSON.stringify(before.value) !== JSON.stringify(next.value)) {
    const isLong = field.key === "regcert" || field.key === "clientCert";
    const values = field.isSecret || isLong ? {} : { orig: before.value, new: next.value };
    logger.log("warn", message, { ...values, host: name });
  }
}
