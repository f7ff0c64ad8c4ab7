/**
 * The page of one manifest: an image with its layers, or an index with its platforms, and what refers to it.
 *
 * @module
 */

import type { Digest } from "../../oci/digest.ts";
import type { ManifestRecord } from "../store/manifest_record.ts";
import type { RepositoryStore } from "../store/store.ts";
import { formatSize, shortDigest } from "./format.ts";
import { type Html, html } from "./html.ts";
import { home, kindOf } from "./list_pages.ts";
import { facts, type PageContent, table } from "./page_document.ts";
import { manifestPath, tagsPath } from "./page_paths.ts";
import { pullCommands } from "./pull_commands.ts";
import { readConfig, readManifest, type ShownManifest } from "./read_manifest.ts";

const mostRows = 200;

/**
 * Builds the page of a manifest.
 *
 * @param repository Its repository.
 * @param record The manifest.
 * @param reference The tag or digest by which it was asked for.
 * @param origin Where the registry is, such as `https://registry.example.org`.
 * @returns The page; `undefined` when the manifest's bytes are gone.
 */
export async function manifestPage(
  repository: RepositoryStore,
  record: ManifestRecord,
  reference: string,
  origin: string,
): Promise<PageContent | undefined> {
  const shown = await readManifest(repository, record);
  if (shown === undefined) return undefined;
  const { name, catalog } = repository;
  const isTag = !reference.includes(":");
  const short = isTag ? reference : shortDigest(reference);
  const body = html`${await about(repository, shown)}${
    pullCommands(origin, `${name}${isTag ? ":" : "@"}${reference}`)
  }${shown.isIndex ? contents(repository, shown) : layers(shown)}${annotations(record)}${
    referrers(name, catalog.referrers(record.digest))
  }`;
  return {
    title: isTag ? `${name}:${reference}` : `${name}@${short}`,
    trail: [home, { name, path: tagsPath(name) }, { name: short }],
    body,
  };
}

async function about(repository: RepositoryStore, shown: ShownManifest): Promise<Html> {
  const { name, catalog } = repository;
  const { record, config } = shown;
  const image = config === undefined ? undefined : await readConfig(repository, config);
  const tags = catalog.tags().filter((tag) => catalog.byTag(tag)?.digest === record.digest).slice(0, mostRows);
  return facts([
    ["Kind", kindOf(shown)],
    ["Platform", image?.platform],
    ["Size", shown.totalSize > 0 && formatSize(shown.totalSize)],
    ["Digest", html`<code>${record.digest}</code>`],
    [
      "Tags",
      tags.length > 0 && tags.map((tag) =>
        html`
          <a href="${manifestPath(name, tag)}">${tag}</a>
        `
      ),
    ],
    ["Media type", record.mediaType],
    ["Created", image?.created],
    ["Runs", image?.command !== undefined && image.command !== "" && html`<code>${image.command}</code>`],
    [
      "Refers to",
      record.subject !== undefined && link(name, record.subject, catalog.get(record.subject) !== undefined),
    ],
  ]);
}

function contents(repository: RepositoryStore, { manifests, imageSizes }: ShownManifest): Html {
  const { name, catalog } = repository;
  const rows = manifests.slice(0, mostRows).map(({ digest, platform, mediaType }) => [
    platform === "" ? mediaType : platform,
    link(name, digest, catalog.get(digest) !== undefined),
    formatSize(imageSizes.get(digest) ?? 0),
  ]);
  const columns = [{ label: "Platform" }, { label: "Digest" }, { label: "Size", isSize: true }];
  return html`<h2>Platforms</h2>${
    rows.length === 0 ? html`<p>The index is empty.</p>` : table("Platforms", columns, rows)
  }${rest(manifests.length)}`;
}

function layers({ layers }: ShownManifest): Html {
  const rows = layers.slice(0, mostRows).map(({ digest, mediaType, size }, at) => [
    at + 1,
    html`<code>${digest}</code>`,
    mediaType,
    formatSize(size),
  ]);
  const columns = [{ label: "Layer" }, { label: "Digest" }, { label: "Type" }, { label: "Size", isSize: true }];
  return html`<h2>Layers</h2>${rows.length === 0 ? html`<p>There are no layers.</p>` : table("Layers", columns, rows)}${
    rest(layers.length)
  }`;
}

function annotations({ annotations }: ManifestRecord): Html | undefined {
  const pairs = Object.entries(annotations ?? {}).sort(([left], [right]) => left < right ? -1 : 1);
  return pairs.length === 0 ? undefined : html`<h2>Annotations</h2>${facts(pairs.slice(0, mostRows))}`;
}

function referrers(name: string, records: readonly ManifestRecord[]): Html {
  const rows = records.slice(0, mostRows).map(({ digest, artifactType, mediaType, size }) => [
    artifactType ?? mediaType,
    link(name, digest, true),
    formatSize(size),
  ]);
  const columns = [{ label: "Type" }, { label: "Digest" }, { label: "Manifest", isSize: true }];
  return html`<h2>Referrers</h2>${
    rows.length === 0 ? html`<p>Nothing refers to this manifest.</p>` : table("Referrers", columns, rows)
  }${rest(records.length)}`;
}

function link(name: string, digest: Digest, isHere: boolean): Html {
  const short = html`<span class="code">${shortDigest(digest)}</span>`;
  return isHere ? html`<a href="${manifestPath(name, digest)}">${short}</a>` : html`${short} (not here)`;
}

function rest(count: number): Html | undefined {
  return count > mostRows ? html`<p>The first ${mostRows} of ${count} are shown.</p>` : undefined;
}
