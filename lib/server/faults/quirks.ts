/**
 * Ways in which real registries differ, as faults to be scripted with `faultyHandler`.
 *
 * @module
 */

import { apiVersion, type HeaderList } from "../api_error.ts";
import { answerStatus, changeHeaders } from "./fault_actions.ts";
import { discardBody, type Fault, type FaultMatch, type RequestHandler } from "./faults.ts";

/**
 * Answers every mount as if the blob were nowhere: 202 with an upload.
 *
 * @returns The fault.
 */
export function noMount(): Fault {
  return withoutQuery("mount", "from");
}

/**
 * Answers a push in a single POST with an upload, as most registries do.
 *
 * @returns The fault.
 */
export function noSinglePost(): Fault {
  const { action: forward, ...match } = withoutQuery("digest");
  const isPush = (request: Request) => new URL(request.url).searchParams.has("digest");
  return {
    ...match,
    when: ({ request }) => isPush(request),
    action: async (seen, next) => {
      const { request } = seen;
      await discardBody(request);
      const headers = new Headers(request.headers);
      headers.set("content-length", "0");
      return await forward({ ...seen, request: new Request(request.url, { method: "POST", headers }) }, next);
    },
  };
}

/**
 * Answers 404 for the referrers of everything, as registries without that part of the API do.
 *
 * @returns The fault.
 */
export function noReferrers(): Fault {
  return { kind: "referrers", action: answerStatus(404, { code: "NAME_UNKNOWN" }) };
}

/**
 * Leaves `Docker-Content-Digest` out of answers.
 *
 * @param match Out of which; all by default.
 * @returns The fault.
 */
export function noContentDigest(match: FaultMatch = {}): Fault {
  return { ...match, action: changeHeaders((headers) => headers.delete("docker-content-digest")) };
}

/**
 * Makes every `Location` absolute.
 *
 * @param origin The scheme and host to put in front; those of the request by default.
 * @returns The fault.
 */
export function absoluteLocation(origin?: string): Fault {
  return {
    action: changeHeaders((headers, request) => {
      const location = headers.get("location");
      if (location !== null) headers.set("location", new URL(location, origin ?? request.url).href);
    }),
  };
}

/**
 * Announces a smallest chunk, and refuses with 416 the chunk after one that was smaller: only the last may be.
 *
 * @param bytes The smallest chunk.
 * @returns The faults.
 */
export function minChunk(bytes: number): readonly Fault[] {
  const ended = new Set<string>();
  return [
    {
      kind: "upload",
      method: ["POST", "PATCH"],
      action: changeHeaders((headers) => headers.set("oci-chunk-min-length", `${bytes}`)),
    },
    {
      kind: "upload",
      method: "PATCH",
      action: async (seen, next) => {
        if (ended.has(seen.reference)) {
          const headers = await whereUploadIs(seen.request, next);
          return await answerStatus(416, { code: "BLOB_UPLOAD_INVALID", headers })(seen, next);
        }
        const length = Number(seen.request.headers.get("content-length") ?? Infinity);
        if (length < bytes) ended.add(seen.reference);
        return await next(seen.request);
      },
    },
  ];
}

/**
 * Refuses bodies that state a greater length with 413, as reverse proxies do.
 *
 * @param bytes The greatest length.
 * @returns The fault.
 */
export function bodyLimit(bytes: number): Fault {
  return {
    method: ["PATCH", "POST", "PUT"],
    when: ({ request }) => Number(request.headers.get("content-length") ?? 0) > bytes,
    action: answerStatus(413, { code: "SIZE_INVALID" }),
  };
}

/**
 * Refuses bodies of unstated length with 411.
 *
 * @returns The fault.
 */
export function refuseChunked(): Fault {
  return {
    kind: ["manifest", "upload"],
    method: ["PATCH", "POST", "PUT"],
    when: ({ request }) => request.body !== null && request.headers.get("content-length") === null,
    action: answerStatus(411, { code: "SIZE_INVALID" }),
  };
}

/**
 * Refuses to delete tags, as registries did that knew only deletion by digest.
 *
 * @param status The status: 400 or 405.
 * @returns The fault.
 */
export function refuseTagDelete(status: 400 | 405 = 405): Fault {
  return {
    kind: "manifest",
    method: "DELETE",
    when: ({ reference }) => !reference.includes(":"),
    action: answerStatus(status, { code: "UNSUPPORTED" }),
  };
}

/**
 * Sends readers of blobs to another origin with 307.
 *
 * @param origin The scheme and host, such as `https://storage.example.org`.
 * @param match Which readers; all by default.
 * @returns The fault.
 */
export function redirectBlobs(origin: string, match: FaultMatch = {}): Fault {
  return {
    kind: "blob",
    method: ["GET", "HEAD"],
    ...match,
    action: ({ request }) => {
      const { pathname } = new URL(request.url);
      const location = `${origin.replace(/\/+$/, "")}${pathname}?signature=fake`;
      return Promise.resolve(emptyAnswer(307, [["location", location]]));
    },
  };
}

/**
 * Takes tokens for expired after some uses: the registry refuses them then with its own challenge, and takes the next ones that
 * it issues. A registry without tokens takes no notice.
 *
 * @param uses How often each token is good.
 * @returns The fault.
 */
export function expireTokens(uses: number): Fault {
  const used = new Map<string, number>();
  return {
    action: ({ request }, next) => {
      const token = /^bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1];
      if (token === undefined) return next(request);
      const times = (used.get(token) ?? 0) + 1;
      used.set(token, times);
      if (times <= uses) return next(request);
      const { url, method, body } = request;
      const headers = new Headers(request.headers);
      headers.set("authorization", "Bearer expired");
      return next(new Request(url, { method, headers, body }));
    },
  };
}

/**
 * Makes deletions take effect late: what was deleted can still be read some times.
 *
 * @param reads How many times.
 * @returns The fault.
 */
export function lateDeletes(reads: number): Fault {
  const waiting = new Map<string, { left: number; readonly request: Request }>();
  return {
    kind: ["blob", "manifest"],
    action: async ({ request }, next) => {
      const path = new URL(request.url).pathname;
      const late = waiting.get(path);
      if (request.method === "DELETE" && late === undefined) {
        waiting.set(path, { left: reads, request });
        return emptyAnswer(202);
      }
      if (late !== undefined && late.left-- === 0) {
        waiting.delete(path);
        await (await next(late.request)).body?.cancel();
      }
      return await next(request);
    },
  };
}

function emptyAnswer(status: number, headers: HeaderList = []): Response {
  return new Response(null, {
    status,
    headers: [apiVersion, ["content-length", "0"], ...headers].map((pair) => [...pair]),
  });
}

/** Asks the registry where an upload is and how far it has come, as a refused chunk must be told. */
async function whereUploadIs({ url, headers }: Request, next: RequestHandler): Promise<HeaderList> {
  const authorization = headers.get("authorization");
  const asked = await next(new Request(url, { headers: authorization === null ? {} : { authorization } }));
  await asked.body?.cancel();
  const names = asked.status === 204 ? ["location", "range", "docker-upload-uuid"] : [];
  return names.map((name) => [name, asked.headers.get(name) ?? ""] as const);
}

/** Forwards POSTs that begin an upload without some of their parameters. */
function withoutQuery(...names: readonly string[]): Fault {
  return {
    kind: "upload",
    method: "POST",
    action: async ({ request }, next) => {
      const url = new URL(request.url);
      for (const name of names) url.searchParams.delete(name);
      // Part by part: a request made of another one would wait for its signal, of which the runtime warns.
      const { method, headers, body } = request;
      return await next(new Request(url, { method, headers, body }));
    },
  };
}
