/**
 * The read-only page for browsers: what the registry holds, without script.
 *
 * @module
 */

import { ApiError, type HeaderList, toApiError } from "../api_error.ts";
import type { Access, Caller } from "../auth/auth_guard.ts";
import { findManifest } from "../endpoints/manifests_get.ts";
import { isRepositoryName } from "../names.ts";
import type { RequestTarget } from "../request_target.ts";
import { compileRoutes } from "../route_match.ts";
import type { RegistryStore, RepositoryStore } from "../store/store.ts";
import { html } from "./html.ts";
import { home, repositoriesPage, tagsPage } from "./list_pages.ts";
import { manifestPage } from "./manifest_page.ts";
import { type PageContent, pageDocument } from "./page_document.ts";
import { pagePatterns } from "./page_paths.ts";
import { contentPolicy } from "./page_style.ts";
import { prefersHtml } from "./prefers_html.ts";

/** One request for a page. */
export interface PageRequest {
  /** The request. */
  readonly request: Request;
  /** Its target. */
  readonly target: RequestTarget;
  /** Checks what the caller may do; throws when that is not enough. */
  readonly admit: (access: Access, repository: string) => Promise<Caller>;
}

const methods = ["GET", "HEAD"];
const match = compileRoutes([
  { pattern: pagePatterns.repositories, methods, name: "repositories" },
  { pattern: pagePatterns.manifest, methods, name: "manifest" },
  { pattern: pagePatterns.tags, methods, name: "tags" },
]);

/** Answers browsers. */
export class RegistryPage {
  readonly #store: RegistryStore;
  readonly #externalUrl: string;

  /**
   * Creates the page.
   *
   * @param store What it shows.
   * @param externalUrl Where clients reach the registry; empty when that is where the page is.
   */
  constructor(store: RegistryStore, externalUrl: string) {
    this.#store = store;
    this.#externalUrl = externalUrl;
  }

  /**
   * Tells whether a request is for a page. Nothing below `/v2/` ever is.
   *
   * @param request The request.
   * @param target Its target.
   * @returns Whether it is.
   */
  isFor(request: Request, target: RequestTarget): boolean {
    if (!methods.includes(request.method) || target.segments[0] === "v2") return false;
    return match(target.segments) !== undefined && prefersHtml(request.headers.get("accept"));
  }

  /**
   * Answers a request for a page. Failures are pages too.
   *
   * @param page The request.
   * @returns The answer.
   */
  async answer(page: PageRequest): Promise<Response> {
    const origin = this.#externalUrl === "" ? originOf(page.request.url) : this.#externalUrl;
    const isHead = page.request.method === "HEAD";
    try {
      return await send(200, await this.#build(page, origin), origin, isHead);
    } catch (error) {
      const refusal = toApiError(error);
      const message = refusal.entries[0]?.message ?? "";
      const title = refusal.status === 404 ? "Not found" : refusal.status === 401 ? "Login needed" : "Not possible";
      const body = html`<p>${message.charAt(0).toUpperCase()}${message.slice(1)}.</p>`;
      const content = { title, trail: [home, { name: title }], body };
      if (refusal !== error) throw error;
      return await send(refusal.status, content, origin, isHead, refusal.headers);
    }
  }

  async #build({ target, admit }: PageRequest, origin: string): Promise<PageContent> {
    const found = match(target.segments);
    const kind = found?.byMethod.get("GET")?.name;
    const params = new URLSearchParams(target.query);
    if (found === undefined || kind === "repositories") {
      const caller = await admit("browse", "");
      const names = (await this.#store.names()).filter((name) => caller.may("pull", name));
      return await repositoriesPage(names, async (name) => await this.#store.repository(name), params, hostOf(origin));
    }
    const repository = await this.#open(found.name, admit);
    if (kind === "tags") return await tagsPage(repository, params, origin);
    const record = findManifest(repository, found.reference);
    const page = record === undefined ? undefined : await manifestPage(repository, record, found.reference, origin);
    if (page === undefined) throw new ApiError(404, "MANIFEST_UNKNOWN", "the manifest is not in the repository");
    return page;
  }

  async #open(name: string, admit: PageRequest["admit"]): Promise<RepositoryStore> {
    if (!isRepositoryName(name)) throw new ApiError(404, "NAME_UNKNOWN", "this is not the name of a repository");
    await admit("pull", name);
    const repository = await this.#store.repository(name);
    if (repository?.isCreated === true) return repository;
    throw new ApiError(404, "NAME_UNKNOWN", "the repository does not exist");
  }
}

async function send(
  status: number,
  content: PageContent,
  origin: string,
  isHead: boolean,
  headers: HeaderList = [],
): Promise<Response> {
  const body = new TextEncoder().encode(pageDocument(content, hostOf(origin)));
  const pairs: [string, string][] = [
    ["content-type", "text/html; charset=utf-8"],
    ["content-length", `${body.length}`],
    ["content-security-policy", await contentPolicy()],
    ["cache-control", "no-cache"],
    ["vary", "accept"],
    ["referrer-policy", "no-referrer"],
    ["x-content-type-options", "nosniff"],
  ];
  for (const [name, value] of headers) pairs.push([name, value]);
  return new Response(isHead ? null : body, { status, headers: pairs });
}

function originOf(url: string): string {
  const end = url.indexOf("/", url.indexOf("//") + 2);
  return end < 0 ? url : url.slice(0, end);
}

function hostOf(origin: string): string {
  return origin.slice(origin.indexOf("//") + 2);
}
