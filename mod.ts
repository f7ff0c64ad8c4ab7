/**
 * OCI registry tools as a library: references, registries and OCI layouts as repositories, copying, and an embedded registry.
 *
 * Everything begins with a {@linkcode Client}, which turns references into repositories; operations such as
 * {@linkcode copyImage} see only repositories, wherever they are.
 *
 * @example Copy an image between two repositories of an embedded registry
 * ```ts
 * import { Client, copyImage, createRegistry, handlerTransport, openLayout, parseManifest } from "@regkit/regkit";
 * import assert from "node:assert/strict";
 *
 * await using registry = createRegistry();
 * await using client = new Client({ transport: handlerTransport((request) => registry.fetch(request)) });
 * await using app = client.repository("registry.example.org/app", { isTarget: true });
 * const index = { schemaVersion: 2, mediaType: "application/vnd.oci.image.index.v1+json", manifests: [] };
 * await app.manifests.put("v1", await parseManifest(new TextEncoder().encode(JSON.stringify(index))));
 *
 * await using backup = client.repository("registry.example.org/backup", { isTarget: true });
 * await copyImage({ repository: app, reference: "v1" }, { repository: backup, reference: "v1" });
 * assert.deepEqual(await Array.fromAsync(backup.tags.list()), ["v1"]);
 * ```
 *
 * @module
 */

export {
  type ErrorCode,
  type ErrorContext,
  hasCode,
  HttpError,
  type HttpErrorDetails,
  orAbsent,
  type RegistryErrorEntry,
  RegkitError,
  type Side,
} from "./lib/errors.ts";
export { type LogFields, type Logger, type LogLevel, silentLogger } from "./lib/log.ts";

export { isMediaType, mediaTypes } from "./lib/oci/media_type.ts";
export { type Digest, digestBytes, type DigestParts, fallbackTag, isDigest, parseDigest } from "./lib/oci/digest.ts";
export type { Annotations, Descriptor } from "./lib/oci/descriptor.ts";
export {
  type ArtifactManifestBody,
  type Docker1Body,
  type ImageManifestBody,
  type IndexBody,
  type Manifest,
  parseManifest,
  type ParseManifestOptions,
} from "./lib/oci/manifest.ts";
export { formatPlatform, parsePlatform, type Platform, selectPlatform } from "./lib/oci/platform.ts";

export type { LayoutReference, Reference, RegistryReference } from "./lib/reference/reference.ts";
export { parseReference } from "./lib/reference/parse.ts";
export { formatReference, formatRepository } from "./lib/reference/format.ts";
export { parseRegistryName } from "./lib/reference/parse_registry.ts";
export { addDigest, isSameRepository, tagOrDigest, withDigest, withTag } from "./lib/reference/edit.ts";

export type {
  BlobBody,
  BlobGetOptions,
  BlobInfo,
  BlobPutOptions,
  BlobPutResult,
  BlobSource,
  BlobStore,
  BlobTarget,
  CallOptions,
  ManifestDeleteOptions,
  ManifestGetOptions,
  ManifestInfo,
  ManifestPutOptions,
  ManifestStore,
  Repository,
  TagDeleteOptions,
  TagListOptions,
  TagStore,
} from "./lib/repository.ts";
export {
  type CanListReferrers,
  canListReferrers,
  type CanListTagPages,
  canListTagPages,
  type CanMount,
  canMount,
  type CanProbe,
  canProbe,
  type ReferrerList,
  type ReferrerListOptions,
  type TagPage,
} from "./lib/repository_powers.ts";

export { Client, type ClientOptions, type RepositoryOptions } from "./lib/client.ts";
export type { CatalogOptions, CatalogPage } from "./lib/registry/ping.ts";
export {
  type LayoutClock,
  type LayoutOptions,
  type LayoutRepository,
  openLayout,
} from "./lib/layout/layout_repository.ts";
export {
  createMemoryRegistry,
  createMemoryRepository,
  type MemoryRegistry,
  type MemoryRepository,
  type MemoryRepositoryOptions,
} from "./lib/memory/memory_repository.ts";

export {
  createHostDirectory,
  type HostDirectoryOptions,
  type SettingsHostDirectory,
} from "./lib/settings/host_directory.ts";
export type { Credential, Host, HostCertificates, HostDirectory, HostSettings, TlsMode } from "./lib/settings/host.ts";
export type { Clock } from "./lib/http/http_client.ts";
export type { Transport, TransportBody, TransportRequest, TransportResponse } from "./lib/http/transport/transport.ts";
export { type Handler, handlerTransport } from "./lib/http/transport/handler_transport.ts";

export {
  copyImage,
  type CopyImageOptions,
  type CopyResult,
  type CopySource,
  type CopyTarget,
} from "./lib/image/copy.ts";
export type { CopyCounts, CopyEvent, CopyState } from "./lib/copy/progress.ts";

export { createRegistry, type Registry } from "./lib/server/registry.ts";
export type { RegistryOptions, Sparse } from "./lib/server/settings.ts";
export type {
  Bytes,
  EarlierUploads,
  ManifestPut,
  RegistryStore,
  RepositoryStore,
  StoreUsage,
  UploadBeginning,
  UploadFile,
} from "./lib/server/store/store.ts";
export { createMemoryStore, type MemoryStoreOptions } from "./lib/server/store/store_memory.ts";
export { preloadMemoryStore } from "./lib/server/store/memory_preload.ts";
export { type RunningServer, type ServeAddress, type ServeOptions, serveRegistry } from "./lib/server/serve.ts";
export type { DescriptorFilter } from "./lib/oci/descriptor_filter.ts";
export type { Action, AuthGuard, Caller, IdentityProblem } from "./lib/server/auth/auth_guard.ts";
export type { RunOptions, RunResult, SettingsSystem } from "./lib/settings/system.ts";
export type { MergedHost } from "./lib/settings/merge.ts";
export type { RequestEntry, RouteKind } from "./lib/server/observation/request_log.ts";
export type { RequestHandler } from "./lib/server/faults/faults.ts";
export type { NamedHostSettings } from "./lib/settings/host_name.ts";
export type { RegctlFile } from "./lib/settings/regctl_file.ts";
export type { ManifestRecord } from "./lib/server/store/manifest_record.ts";
export type { CatalogView } from "./lib/server/store/manifest_catalog.ts";
export type { HostEntry } from "./lib/settings/host_json.ts";
export { htpasswdGuard, type HtpasswdGuardOptions } from "./lib/server/auth/htpasswd_guard.ts";
export { tokenGuard, type TokenGuardOptions } from "./lib/server/auth/token_guard.ts";
export {
  type HashKind,
  type HtpasswdEntry,
  type HtpasswdOptions,
  type HtpasswdUsers,
  parseHtpasswd,
} from "./lib/server/auth/htpasswd.ts";
export { PasswordChecker } from "./lib/server/auth/htpasswd_check.ts";
export {
  type AccessPolicy,
  accessPolicy,
  type AccessRule,
  type AccessRules,
  type RepositoryAction,
} from "./lib/server/auth/access_rules.ts";
export {
  type FileSource,
  type FileVersion,
  openWatchedFile,
  type WatchedFile,
  type WatchedFileOptions,
} from "./lib/server/auth/watched_file.ts";
export { type DirectoryRegistryStore, openDirectoryStore } from "./lib/server/store/store_dir.ts";
export {
  parseTemplate,
  type ParseTemplateOptions,
  type RenderOptions,
  renderTemplate,
  type RenderTemplateOptions,
  type Template,
} from "./lib/template/template.ts";
export { TemplateError } from "./lib/template/template_error.ts";
export { basicGuard, type BasicGuardOptions } from "./lib/server/auth/basic_guard.ts";
export { formatDuration, parseDuration } from "./lib/schedule/duration.ts";
export type { TlsCredentials } from "./lib/server/tls_server.ts";
export type { RequestInfo } from "./lib/server/request_info.ts";
export type { DirectoryStoreOptions, Durability } from "./lib/server/store/dir_options.ts";
export type {
  CacheClock,
  CacheCounts,
  CacheMemory,
  CacheOptions,
  PullThroughCache,
  UpstreamOptions,
} from "./lib/server/cache/cache_options.ts";
export type { LoginOptions } from "./lib/server/auth/login.ts";
export type { GcResult, StoredBlob } from "./lib/server/store/gc.ts";
export type { TemplateFunction } from "./lib/template/functions/function_table.ts";
export type { CollectOptions, GcOptions } from "./lib/server/store/gc_options.ts";
export type { CollectingStore } from "./lib/server/store/collecting_store.ts";
export type { ScrubResult } from "./lib/server/store/dir_scrub.ts";
export { GoTime, type Zone } from "./lib/template/time_value.ts";
export {
  type AnyType,
  type BytesType,
  defineNamed,
  type GoType,
  type GoTypes,
  goTypes,
  listOf,
  type ListType,
  mapOf,
  type MapType,
  type MethodSpec,
  type NamedSpec,
  pointerTo,
  type PointerType,
  type ScalarType,
} from "./lib/template/types.ts";
export {
  type DefinedStruct,
  defineStruct,
  type FieldSpec,
  GoObject,
  type ResolvedField,
  type ResolvedMethod,
  type StructMembers,
  type StructSpec,
  type StructType,
} from "./lib/template/struct_type.ts";
export { durationType, timeType } from "./lib/template/time.ts";
