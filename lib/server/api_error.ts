/**
 * Refusals of the registry API, and the JSON documents that tell them (distribution-spec "Error Codes").
 *
 * @module
 */

/** The codes that a refusal may carry; `UNKNOWN` stands for failures of the server itself. */
export type ApiErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "TOOMANYREQUESTS"
  | "UNAUTHORIZED"
  | "UNKNOWN"
  | "UNSUPPORTED";

/** One entry of an error document. */
export interface ApiErrorEntry {
  /** The code. */
  readonly code: ApiErrorCode;
  /** What was wrong, for people. */
  readonly message: string;
  /** Any JSON value with more about it. */
  readonly detail?: unknown;
}

/** Headers as pairs, in the form in which handlers build them. */
export type HeaderList = readonly (readonly [string, string])[];

/** The header by which every answer names the API. */
export const apiVersion: readonly [string, string] = ["docker-distribution-api-version", "registry/2.0"];

/** What a refusal may carry beside its status and code. */
export interface ApiErrorOptions {
  /** Headers of the answer, such as `Range` or `WWW-Authenticate`. */
  readonly headers?: HeaderList | undefined;
  /** More about it, as any JSON value. */
  readonly detail?: unknown;
  /** The entries, when there is more than one. */
  readonly entries?: readonly ApiErrorEntry[] | undefined;
}

/** A request is refused: thrown by handlers, answered as an error document. */
export class ApiError extends Error {
  /** The class name, for logs. */
  override name = "ApiError";
  /** The HTTP status. */
  readonly status: number;
  /** What the error document lists. */
  readonly entries: readonly ApiErrorEntry[];
  /** Headers of the answer. */
  readonly headers: HeaderList;

  /**
   * Creates a refusal.
   *
   * @param status The HTTP status.
   * @param code The code.
   * @param message What was wrong, with which value.
   * @param options Headers, detail or several entries.
   */
  constructor(status: number, code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message);
    this.status = status;
    this.headers = options.headers ?? [];
    const single = options.detail === undefined ? { code, message } : { code, message, detail: options.detail };
    this.entries = options.entries ?? [single];
  }

  /**
   * Makes the same refusal with more headers.
   *
   * @param headers The headers to add.
   * @returns The refusal.
   */
  withHeaders(headers: HeaderList): ApiError {
    const { status, entries, message } = this;
    const code = entries[0]?.code ?? "UNKNOWN";
    return new ApiError(status, code, message, { entries, headers: [...this.headers, ...headers] });
  }
}

/**
 * The client went away within the body of its request. Bodies fail with it; it is no {@linkcode ApiError}, since what arrived
 * before may be kept, unlike that of a request that is refused.
 */
export class ConnectionLost extends Error {
  /** The class name, for logs. */
  override name = "ConnectionLost";

  /**
   * Creates the error.
   *
   * @param options What the connection failed with; it may also just have ended.
   */
  constructor(options?: ErrorOptions) {
    super("the connection ended within the body of the request", options);
  }
}

/**
 * Tells whether a request failed because its client went away.
 *
 * @param error What was thrown.
 * @returns Whether it, or what caused it, is a {@linkcode ConnectionLost}.
 */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && (error instanceof ConnectionLost || isConnectionLost(error.cause));
}

/**
 * Builds the answer to a refused request.
 *
 * @param error The refusal.
 * @param headers Headers of every answer.
 * @param isHead Whether the request was a HEAD, whose answer has no body.
 * @returns The answer.
 */
export function errorResponse(error: ApiError, headers: HeaderList, isHead: boolean): Response {
  const body = new TextEncoder().encode(JSON.stringify({ errors: error.entries }));
  const pairs: HeaderList = [["content-type", "application/json"], ["content-length", `${body.length}`]];
  const response = new Response(isHead ? null : body, { status: error.status });
  for (const [key, value] of [...pairs, ...headers, ...error.headers]) response.headers.append(key, value);
  return response;
}

/**
 * Turns whatever a handler threw into a refusal. What is not meant for clients becomes a plain 500, 507 when the disk is full, or
 * 400 when the client went away, although it will not read that.
 *
 * @param error What was thrown.
 * @returns The refusal.
 */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (isConnectionLost(error)) return new ApiError(400, "SIZE_INVALID", "the connection ended within the body");
  if (isDiskFull(error)) {
    return new ApiError(507, "UNKNOWN", "the registry has no space left");
  }
  return new ApiError(500, "UNKNOWN", "the registry failed to handle the request");
}

function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? error.code : undefined;
  return code === "ENOSPC" || code === "EDQUOT" || isDiskFull(error.cause);
}
