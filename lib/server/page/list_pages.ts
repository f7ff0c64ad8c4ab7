/**
 * The pages of the repositories, and of one repository's tags.
 *
 * @module
 */

import { isIndexType } from "../../oci/media_type.ts";
import type { RepositoryStore } from "../store/store.ts";
import { formatCount, formatSize, shortDigest } from "./format.ts";
import { html, type HtmlValue } from "./html.ts";
import { listPage, type PageContent, table } from "./page_document.ts";
import { manifestPath, pagePatterns, tagsPath } from "./page_paths.ts";
import { pullCommands } from "./pull_commands.ts";
import { readManifest, type ShownManifest } from "./read_manifest.ts";

/** The first step of every trail. */
export const home = { name: "Repositories", path: pagePatterns.repositories };

/**
 * Builds the list of repositories.
 *
 * @param names The names that the caller may see, sorted.
 * @param open Opens a repository.
 * @param params The request's parameters.
 * @param host The registry's host.
 * @returns The page.
 */
export async function repositoriesPage(
  names: readonly string[],
  open: (name: string) => Promise<RepositoryStore | undefined>,
  params: URLSearchParams,
  host: string,
): Promise<PageContent> {
  const page = listPage(names, pagePatterns.repositories, params);
  const rows: HtmlValue[][] = [];
  for (const name of page.names) {
    const tags = (await open(name))?.catalog.tags().length ?? 0;
    rows.push([html`<a href="${tagsPath(name)}">${name}</a>`, formatCount(tags, "tag")]);
  }
  const columns = [{ label: "Repository" }, { label: "Tags", isSize: true }];
  const body = names.length === 0
    ? html`<p>There is nothing here yet. Push an image to <code>${host}/name:tag</code>, and it is listed here.</p>`
    : html`<p class="soft">${formatCount(page.total, "repository", "repositories")}</p>${page.search}${
      rows.length === 0 ? html`<p>No name contains this text.</p>` : table("Repositories", columns, rows)
    }${page.links}`;
  return { title: "Repositories", trail: [{ name: home.name }], body };
}

/**
 * Builds the list of a repository's tags.
 *
 * @param repository The repository.
 * @param params The request's parameters.
 * @param origin Where the registry is, such as `https://registry.example.org`.
 * @returns The page.
 */
export async function tagsPage(
  repository: RepositoryStore,
  params: URLSearchParams,
  origin: string,
): Promise<PageContent> {
  const { name, catalog } = repository;
  const tags = catalog.tags();
  const page = listPage(tags, tagsPath(name), params);
  const rows: HtmlValue[][] = [];
  for (const tag of page.names) {
    const record = catalog.byTag(tag);
    const shown = record === undefined ? undefined : await readManifest(repository, record);
    if (shown !== undefined) rows.push(tagRow(name, tag, shown));
  }
  const columns = [{ label: "Tag" }, { label: "Kind" }, { label: "Digest" }, { label: "Size", isSize: true }];
  const untagged = catalog.size - new Set(tags.map((tag) => catalog.byTag(tag)?.digest)).size;
  const example = tags.includes("latest") ? "latest" : page.names.find((tag) => !isDigestTag(tag)) ?? page.names[0];
  const body = html`<p class="soft">${formatCount(page.total, "tag")}${
    untagged > 0 && html`, ${formatCount(untagged, "manifest")} without a tag`
  }</p>${page.search}${
    rows.length === 0 ? html`<p>There are no tags to show.</p>` : table("Tags", columns, rows)
  }${page.links}${example !== undefined && pullCommands(origin, `${name}:${example}`)}`;
  return { title: name, trail: [home, { name }], body };
}

/** A tag made of a digest goes with an image, such as its signature: nobody pulls it by hand. */
function isDigestTag(tag: string): boolean {
  return /^sha(?:256|512)-[0-9a-f]{64}/.test(tag);
}

function tagRow(name: string, tag: string, shown: ShownManifest): HtmlValue[] {
  const { digest } = shown.record;
  return [
    html`<a href="${manifestPath(name, tag)}">${tag}</a>`,
    kindOf(shown),
    html`<a class="code" href="${manifestPath(name, digest)}">${shortDigest(digest)}</a>`,
    formatSize(shown.totalSize),
  ];
}

/**
 * Says what a manifest is.
 *
 * @param shown The manifest.
 * @returns Such as `Image` or `3 platforms`.
 */
export function kindOf(shown: ShownManifest): string {
  const { record, manifests } = shown;
  if (isIndexType(record.mediaType)) {
    const platforms = manifests.filter(({ platform }) => platform !== "" && !platform.startsWith("unknown/")).length;
    return platforms > 0 ? formatCount(platforms, "platform") : `Index of ${formatCount(manifests.length, "manifest")}`;
  }
  const type = record.artifactType;
  return type === undefined || type.includes(".image.config.") || type.includes(".container.image.") ? "Image" : type;
}
