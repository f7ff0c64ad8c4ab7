/**
 * In which ways a token is asked for: with what the service gave earlier, with the identity token, by name, or as nobody.
 *
 * @module
 */

import { hasCode, HttpError } from "../../errors.ts";
import type { Token } from "./token.ts";
import { getToken, postToken, type TokenRequest, type TokenRequestTools } from "./token_request.ts";

/** Remembers which refresh tokens a service does not take, so that each is tried once. */
export class TokenFlow {
  readonly #tools: TokenRequestTools;
  readonly #refused = new Set<string>();

  /**
   * Creates a flow for one token service.
   *
   * @param tools With what requests are made.
   */
  constructor(tools: TokenRequestTools) {
    this.#tools = tools;
  }

  /**
   * Asks for a token.
   *
   * @param request What is wanted, and by whom.
   * @param refreshToken What the service gave for this purpose; preferred to the identity token.
   * @returns The token.
   * @throws {RegkitError} What the service failed with in the last way that was tried.
   */
  async ask(request: TokenRequest, refreshToken: string | undefined): Promise<Token> {
    for (const secret of [refreshToken, request.credential?.token]) {
      if (secret === undefined || secret === "" || this.#refused.has(secret)) continue;
      try {
        return await postToken(request, secret, this.#tools);
      } catch (error) {
        request.signal.throwIfAborted();
        if (!isRefusal(error)) throw error;
        if (error instanceof HttpError && error.status < 500) this.#refused.add(secret);
        this.#warn(request, secret === refreshToken ? "refresh token" : "identity token", error);
      }
    }
    return await getToken(request, this.#tools);
  }

  #warn(request: TokenRequest, what: string, error: unknown): void {
    const user = request.credential?.user ?? "";
    this.#tools.logger.log("warn", `${what} not accepted, asking for a token without it`, {
      registry: request.host.name,
      user: user === "" ? "anonymous" : user,
      error: error instanceof Error ? error.message : "unknown",
    });
  }
}

/** Another way may do better where the service said no, but not where it could not be reached or has had enough. */
function isRefusal(error: unknown): boolean {
  return hasCode(error, "UNAUTHORIZED", "HTTP_STATUS", "INVALID_RESPONSE", "TOO_LARGE", "REDIRECT_REFUSED");
}
