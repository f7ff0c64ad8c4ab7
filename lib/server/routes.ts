/**
 * The routes of the registry API as data (distribution-spec "Endpoints").
 *
 * @module
 */

import type { Access } from "./auth/auth_guard.ts";
import { getBlob } from "./endpoints/blobs_get.ts";
import { listRepositories } from "./endpoints/catalog.ts";
import { deleteBlob, deleteManifest } from "./endpoints/deletes.ts";
import type { Handler } from "./exchange.ts";
import { getManifest } from "./endpoints/manifests_get.ts";
import { putManifest } from "./endpoints/manifests_put.ts";
import { discover, health, ping, showMetrics } from "./endpoints/ping.ts";
import { listReferrers } from "./endpoints/referrers.ts";
import type { RouteKind } from "./observation/request_log.ts";
import { listTags } from "./endpoints/tags.ts";
import { startUpload } from "./endpoints/upload_start.ts";
import { appendToUpload, askUpload, cancelUpload, finishUpload } from "./endpoints/uploads.ts";

/** One row of the table. */
export interface Route {
  /** The path; `<name>` stands for one or more segments, `<reference>` for one. */
  readonly pattern: string;
  /** The methods. */
  readonly methods: readonly string[];
  /** What it is about. */
  readonly kind: RouteKind;
  /** What the caller must be allowed. */
  readonly access: Access;
  /** What answers. */
  readonly handler: Handler;
}

const read = ["GET", "HEAD"];

/** All routes; of patterns that fit a path, the first counts. */
export const routes: readonly Route[] = [
  route("/v2", read, "ping", "login", ping),
  route("/v2/", read, "ping", "login", ping),
  route("/v2/_catalog", read, "catalog", "catalog", listRepositories),
  route("/v2/_oci/ext/discover", read, "discover", "login", discover),
  route("/healthz", read, "health", "open", health),
  route("/metrics", read, "metrics", "open", showMetrics),
  route("/v2/<name>/manifests/<reference>", read, "manifest", "pull", getManifest),
  route("/v2/<name>/manifests/<reference>", ["PUT"], "manifest", "push", putManifest),
  route("/v2/<name>/manifests/<reference>", ["DELETE"], "manifest", "delete", deleteManifest),
  route("/v2/<name>/tags/list", read, "tags", "pull", listTags),
  route("/v2/<name>/referrers/<reference>", read, "referrers", "pull", listReferrers),
  route("/v2/<name>/blobs/uploads", ["POST"], "upload", "push", startUpload),
  route("/v2/<name>/blobs/uploads/", ["POST"], "upload", "push", startUpload),
  // Only who began an upload sees and ends it: without the right to push there is nothing to see, and a challenge to be answered.
  route("/v2/<name>/blobs/uploads/<reference>", read, "upload", "push", askUpload),
  route("/v2/<name>/blobs/uploads/<reference>", ["PATCH"], "upload", "push", appendToUpload),
  route("/v2/<name>/blobs/uploads/<reference>", ["PUT"], "upload", "push", finishUpload),
  route("/v2/<name>/blobs/uploads/<reference>", ["DELETE"], "upload", "push", cancelUpload),
  route("/v2/<name>/blobs/<reference>", read, "blob", "pull", getBlob),
  route("/v2/<name>/blobs/<reference>", ["DELETE"], "blob", "delete", deleteBlob),
];

function route(
  pattern: string,
  methods: readonly string[],
  kind: RouteKind,
  access: Access,
  handler: Handler,
): Route {
  return { pattern, methods, kind, access, handler };
}
