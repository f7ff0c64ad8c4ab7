/**
 * The one table of what can be set for a host. Reading, checking, merging, hiding of secrets and writing all go by it.
 *
 * @module
 */

import type { HostSettings } from "./host.ts";

/** What a value looks like in a settings file. */
export type HostFieldKind =
  | "tls"
  | "text"
  | "duration"
  | "names"
  | "count"
  | "boolean"
  | "options"
  | "integer"
  | "number";

/** When a value counts as set, and so wins over an earlier one. */
export type HostMergeRule = "non-empty" | "non-zero" | "positive" | "true" | "per-key";

/** One key of a host. */
export interface HostField {
  /** The key in {@linkcode HostSettings}. */
  readonly key: keyof HostSettings;
  /** The key in settings files. */
  readonly json: string;
  /** What the value looks like in a settings file. */
  readonly kind: HostFieldKind;
  /** When a value counts as set. */
  readonly rule: HostMergeRule;
  /** Whether the value is never shown. */
  readonly isSecret: boolean;
  /** What a changed value is called in warnings. */
  readonly label: string;
  /** What holds when it is not set, in words; empty for nothing. */
  readonly defaultText: string;
  /** What it does, in words. */
  readonly summary: string;
}

/** The keys in the order in which regctl writes them, then those that are ours alone. */
export const HOST_FIELDS: readonly HostField[] = [
  field("tls", "tls", "non-empty", "TLS settings", "How the host is spoken to: https, https unverified, or http", {
    defaultText: "enabled",
  }),
  field("regcert", "text", "non-empty", "certificate settings", "Further certificate authorities, as PEM text"),
  field("clientCert", "text", "non-empty", "client certificate settings", "Client certificate, as PEM text"),
  field("clientKey", "text", "non-empty", "client certificate key settings", "Its key, as PEM text", {
    isSecret: true,
  }),
  field("hostname", "text", "non-empty", "hostname settings", "Host and port that are contacted", {
    defaultText: "the name",
  }),
  field("user", "text", "non-empty", "login user", "User name"),
  field("pass", "text", "non-empty", "login password", "Password", { isSecret: true }),
  field("token", "text", "non-empty", "login token", "Identity token", { isSecret: true }),
  field("credHelper", "text", "non-empty", "credential helper", "Program that is asked for the login"),
  field("credExpireMs", "duration", "positive", "credential expire", "How long the helper's answer is kept", {
    json: "credExpire",
    defaultText: "1h0m0s",
  }),
  field("credHost", "text", "non-empty", "credential host", "What the helper is asked for", {
    defaultText: "the hostname",
  }),
  field("pathPrefix", "text", "non-empty", "path prefix settings", "Put before every repository"),
  field("mirrors", "names", "non-empty", "mirror settings", "Names of hosts to try first"),
  field("priority", "count", "non-zero", "priority settings", "Order among a host and its mirrors, highest first", {
    defaultText: "0",
  }),
  field("repoAuth", "boolean", "true", "repoAuth settings", "Log in to every repository by itself", {
    defaultText: "false",
  }),
  field("apiOpts", "options", "per-key", "APIOpts setting", "Options of the registry's API, such as disableHead"),
  field("blobChunk", "integer", "positive", "blobChunk settings", "Bytes per chunk of a chunked upload"),
  field("blobMax", "integer", "non-zero", "blobMax settings", "Blobs above so many bytes go in chunks; -1 never"),
  field("reqPerSec", "number", "positive", "reqPerSec settings", "Requests per second", { defaultText: "no limit" }),
  field("reqConcurrent", "integer", "positive", "reqConcurrent settings", "Requests at a time", {
    defaultText: "adapts to the host",
  }),
  field("stallTimeoutMs", "duration", "positive", "stall timeout", "How long a transfer may stand still", {
    json: "stallTimeout",
    defaultText: "30s",
  }),
];

function field(
  key: keyof HostSettings,
  kind: HostFieldKind,
  rule: HostMergeRule,
  label: string,
  summary: string,
  more: Partial<Pick<HostField, "json" | "isSecret" | "defaultText">> = {},
): HostField {
  return { key, kind, rule, label, summary, json: key, isSecret: false, defaultText: "", ...more };
}

/** A value of any key of a host. */
export type HostValue = Exclude<HostSettings[keyof HostSettings], undefined>;

/**
 * Tells whether a value counts as set: only then it wins over an earlier one, and only then it is written.
 *
 * @param field The key.
 * @param value The value.
 * @returns Whether it counts.
 */
export function isHostValueSet(field: HostField, value: HostValue | undefined): value is HostValue {
  if (value === undefined) return false;
  switch (field.rule) {
    case "non-empty":
      return typeof value === "object" ? Object.keys(value).length > 0 : value !== "";
    case "non-zero":
      return value !== 0;
    case "positive":
      return typeof value === "number" && value > 0;
    case "true":
      return value === true;
    case "per-key":
      return Object.keys(value).length > 0;
  }
}

/**
 * Builds settings from values by key.
 *
 * @param values The keys, each with a value that fits it.
 * @returns The settings.
 */
export function hostSettingsOf(values: Iterable<readonly [HostField, HostValue]>): HostSettings {
  // The table says which value belongs to which key, which the type system cannot follow through an iteration.
  return Object.fromEntries(Array.from(values, ([field, value]) => [field.key, value])) as HostSettings;
}

/**
 * Takes the secrets out of settings.
 *
 * @param settings The settings.
 * @returns The same without password, token and key.
 */
export function withoutSecrets(settings: HostSettings): HostSettings {
  return hostSettingsOf(
    HOST_FIELDS.flatMap((field) => {
      const value = settings[field.key];
      return value === undefined || field.isSecret ? [] : [[field, value] as const];
    }),
  );
}
