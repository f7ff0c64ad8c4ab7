/**
 * Beginning a push of a blob: by mount, in one request, or as an upload (distribution-spec "end-4a", "end-4b", "end-11").
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import { ApiError } from "../api_error.ts";
import { maySee } from "../auth/auth_guard.ts";
import { drainBody } from "../body_blocks.ts";
import { checkChunkLength, readChunkSize, readContentLength } from "./chunk_range.ts";
import { isEmptyBlob } from "../store/empty_blob.ts";
import type { Exchange } from "../exchange.ts";
import { isRepositoryName, registryAlgorithms, requireDigest } from "../names.ts";
import type { RepositoryStore } from "../store/store.ts";
import type { Upload } from "./upload.ts";
import { blobCreated, uploadHeaders } from "./uploads.ts";

const maxAnonymousTries = 100;
const maxIgnoredBody = 16 * 1024 * 1024;

/**
 * Answers POST to `blobs/uploads/`.
 *
 * @param exchange The request.
 * @returns 201 when the blob is there now, else 202 with an upload.
 * @throws {ApiError} 400 `DIGEST_INVALID`, `SIZE_INVALID`, `BLOB_UPLOAD_INVALID`; 413; 507.
 */
export async function startUpload(exchange: Exchange): Promise<Response> {
  exchange.requireWritable();
  const digest = optionalDigest(exchange.params.get("digest"));
  const mount = optionalDigest(exchange.params.get("mount"));
  const algorithm = exchange.params.get("digest-algorithm") ?? "sha256";
  if (!registryAlgorithms.has(algorithm)) {
    throw new ApiError(400, "DIGEST_INVALID", "the digest algorithm is not sha256 or sha512");
  }
  const repository = await exchange.parts.store.create(exchange.repository);
  if (mount !== undefined && await mountBlob(exchange, repository, mount)) return blobCreated(exchange, mount);
  if (digest !== undefined && hasBody(exchange.request, digest)) return await pushAtOnce(exchange, repository, digest);
  const upload = await exchange.parts.uploads.begin(repository, exchange.caller.user, algorithm);
  return uploadBegun(exchange, upload);
}

function optionalDigest(text: string | null): Digest | undefined {
  return text === null ? undefined : requireDigest(text);
}

/** A request without a body begins an upload, unless it pushes the empty blob. */
function hasBody(request: Request, digest: Digest): boolean {
  return isEmptyBlob(digest) || (request.body !== null && readContentLength(request.headers) !== 0);
}

async function mountBlob(exchange: Exchange, repository: RepositoryStore, digest: Digest): Promise<boolean> {
  if (await repository.statBlob(digest) !== undefined) return true;
  const { store } = exchange.parts;
  const mayPull = (name: string) => name !== repository.name && maySee(exchange.caller, name);
  const takeFrom = async (name: string): Promise<boolean> => {
    const source = await unlessBroken(exchange, name, () => store.repository(name));
    if (source === undefined) return false;
    const { quota } = exchange.parts;
    if (quota === undefined) return await repository.mountBlob(digest, source);
    const size = await unlessBroken(exchange, name, () => source.statBlob(digest));
    if (size === undefined) return false;
    using held = await quota.hold(repository.name, size);
    const isMounted = await repository.mountBlob(digest, source);
    if (isMounted) held.keep();
    return isMounted;
  };
  const from = exchange.params.get("from") ?? "";
  if (from !== "") return isRepositoryName(from) && mayPull(from) && await takeFrom(from);
  let tries = 0;
  for await (const name of holders(exchange, digest)) {
    if (mayPull(name) && await takeFrom(name)) return true;
    if (++tries >= maxAnonymousTries) return false;
  }
  return false;
}

/** What is broken elsewhere has nothing to mount, and is no reason for a push here to fail. */
async function unlessBroken<T>(exchange: Exchange, name: string, ask: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    exchange.parts.logger.log("warn", "nothing mounted from a repository that cannot be read", {
      repository: name,
      error,
    });
    return undefined;
  }
}

async function* holders(exchange: Exchange, digest: Digest): AsyncGenerator<string> {
  try {
    yield* exchange.parts.store.holders(digest);
  } catch (error) {
    exchange.parts.logger.log("warn", "the search for a blob to mount broke off", { digest, error });
  }
}

async function pushAtOnce(exchange: Exchange, repository: RepositoryStore, digest: Digest): Promise<Response> {
  const { request, parts: { uploads }, settings } = exchange;
  const chunk = readChunkSize(request.headers);
  if ((chunk.first ?? 0) !== 0) {
    throw new ApiError(400, "BLOB_UPLOAD_INVALID", "a blob in one request begins with its first byte", {
      detail: { first: chunk.first },
    });
  }
  checkChunkLength(chunk);
  if (await repository.statBlob(digest) !== undefined) {
    if (request.body !== null) await drainBody(request.body, maxIgnoredBody, settings.bodyIdleMs);
    return blobCreated(exchange, digest);
  }
  const upload = await uploads.begin(repository, exchange.caller.user, digest.slice(0, digest.indexOf(":")));
  try {
    return await uploads.change(upload, async () => {
      const { maxBlobBytes: maxBytes, bodyIdleMs: idleMs } = settings;
      if (request.body !== null) await upload.receive(request.body, { length: chunk.length, maxBytes, idleMs });
      if (upload.size === 0 && !isEmptyBlob(digest)) return uploadBegun(exchange, upload);
      await uploads.store(upload, digest);
      return blobCreated(exchange, digest);
    });
  } catch (error) {
    // The client does not know where it is: nobody could go on with it.
    await Promise.allSettled([uploads.end(upload)]);
    throw error;
  }
}

function uploadBegun(exchange: Exchange, upload: Upload): Response {
  const { minChunkBytes } = exchange.settings;
  const minimum: [string, string][] = minChunkBytes > 0 ? [["oci-chunk-min-length", `${minChunkBytes}`]] : [];
  return exchange.reply(202, [...uploadHeaders(exchange, upload), ...minimum, ["content-length", "0"]]);
}
