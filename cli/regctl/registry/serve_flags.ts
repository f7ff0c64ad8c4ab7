/**
 * The flags of `regctl registry serve`; the same names are keys of its file.
 *
 * @module
 */

import type { FlagTable } from "../../command.ts";

const size = { kind: "string", placeholder: "size", completion: "none" } as const;
const duration = { kind: "string", placeholder: "duration", completion: "none" } as const;
const file = { kind: "string", placeholder: "file", completion: "files" } as const;

/** The flags. */
export const serveFlags = {
  listen: {
    kind: "string",
    default: "127.0.0.1:5000",
    placeholder: "host:port",
    summary: "Address to listen on; port 0 takes any that is free",
    completion: "none",
  },
  config: { ...file, summary: "Read flags from a YAML file, with rules of access; flags typed here count more" },
  auth: {
    kind: "string",
    default: "none",
    placeholder: "way",
    summary: "How callers prove who they are: none, htpasswd or token",
    completion: ["none", "htpasswd", "token"],
  },
  htpasswd: { ...file, summary: "File of users and bcrypt hashes; read again when it changes" },
  "allow-weak-hashes": { kind: "bool", summary: "Take {SHA} and plain passwords in that file too" },
  "anonymous-pull": { kind: "bool", summary: "Let everybody pull what no rule is about" },
  realm: { kind: "string", default: "registry", summary: "What challenges call this registry", completion: "none" },
  "token-key": { ...file, summary: "Key to sign tokens with, 32 bytes or more; without it they end with the process" },
  "token-ttl": { ...duration, default: "5m", summary: "How long tokens are good for; a minute at least" },
  "tls-cert": { ...file, summary: "Certificate chain in PEM; read again when it changes" },
  "tls-key": { ...file, summary: "Private key in PEM" },
  "tls-client-ca": { ...file, summary: "Let in only clients with certificates of these authorities" },
  preload: {
    kind: "string",
    placeholder: "dir",
    summary: "Begin with the content of a directory, copied into memory",
    completion: "directories",
  },
  "read-only": { kind: "bool", summary: "Refuse every change, and touch no file" },
  "no-delete": { kind: "bool", summary: "Refuse to delete anything" },
  "protect-children": { kind: "bool", summary: "Refuse to delete manifests that a stored index lists" },
  "delete-used-blobs": { kind: "bool", summary: "Let blobs be deleted that a stored manifest needs" },
  sparse: {
    kind: "string",
    default: "none",
    placeholder: "which",
    summary: "Manifests whose content may be missing: none, image, index or all",
    completion: ["none", "image", "index", "all"],
  },
  "any-manifest": { kind: "bool", summary: "Take manifests of any JSON type" },
  "strict-accept": { kind: "bool", summary: "Hide manifests of types that a request does not accept, to test clients" },
  "external-url": {
    kind: "string",
    placeholder: "url",
    summary: "URL by which clients know this registry, behind a proxy",
    completion: "none",
  },
  warning: {
    kind: "list",
    placeholder: "text",
    summary: "Send a text as warning with every answer",
    completion: "none",
  },
  quirk: {
    kind: "list",
    placeholder: "name",
    summary: "Misbehave in a certain way, to test clients",
    completion: "none",
  },
  "max-manifest": { ...size, summary: "Largest manifest; 8MiB by default, 4MiB at least" },
  "max-blob": { ...size, summary: "Largest blob" },
  "max-repository": { ...size, summary: "Space of each repository" },
  "max-store": { ...size, summary: "Space of all repositories together" },
  "min-free": { ...size, summary: "Space of the disk that stays free" },
  "rate-limit": {
    kind: "float",
    placeholder: "number",
    summary: "Requests per second of each address; 0 for any",
    completion: "none",
  },
  "parallel-uploads": { kind: "uint", summary: "Uploads at once of each address; 0 for any", completion: "none" },
  "trusted-proxy": {
    kind: "list",
    placeholder: "network",
    summary: "Believe the X-Forwarded-For of an address or network",
    completion: "none",
  },
  "body-timeout": { ...duration, default: "1m", summary: "Give up a body when no byte comes for so long" },
  "upload-timeout": { ...duration, default: "1h", summary: "Remove uploads that nobody goes on with for so long" },
  durability: {
    kind: "string",
    default: "full",
    placeholder: "degree",
    summary: "What survives a power cut: full, rename or none",
    completion: ["full", "rename", "none"],
  },
  "verify-on-read": { kind: "bool", summary: "Verify a blob when it is first read" },
  "layout-referrers": { kind: "bool", summary: "Keep fallback tags for tools that read the layouts" },
  "gc-interval": { ...duration, default: "15m", summary: "Time between two garbage collections; 0 for none" },
  "gc-grace": { ...duration, default: "1h", summary: "Age below which garbage stays" },
  "gc-untagged": { ...duration, summary: "Also remove untagged manifests that are older" },
  "gc-dangling": { ...duration, summary: "Also remove referrers without their subject that are older" },
  "gc-empty": {
    kind: "bool",
    summary: "Also remove empty repositories that nobody changed for the grace",
  },
  upstream: {
    kind: "list",
    placeholder: "prefix=registry",
    summary: "Serve a registry's repositories below a prefix, and keep what is pulled",
    completion: "none",
  },
  offline: { kind: "bool", summary: "Ask no upstream; serve what is here" },
  "keep-deleted": { kind: "bool", summary: "Keep tags that an upstream deleted" },
  "no-ui": { kind: "bool", summary: "Show no page to browsers" },
  "no-metrics": { kind: "bool", summary: "Show no counters at /metrics" },
} as const satisfies FlagTable;
