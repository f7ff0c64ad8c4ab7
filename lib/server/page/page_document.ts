/**
 * What all pages have in common: the document around them, tables, and links between pages of a list.
 *
 * @module
 */

import { Html, html, type HtmlValue } from "./html.ts";
import { pageStyle } from "./page_style.ts";

/** A page before it gets its frame. */
export interface PageContent {
  /** Its title. */
  readonly title: string;
  /** Where it stands: names and paths from the list of repositories down to itself. */
  readonly trail: readonly Crumb[];
  /** What it shows. */
  readonly body: Html;
}

/** One step of a trail. */
export interface Crumb {
  /** What it is called. */
  readonly name: string;
  /** Where it is; the page itself has none. */
  readonly path?: string;
}

const icon = "data:image/svg+xml," + encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#4d7fc4" d="M2 3h12v4H2zm0 6h12v4H2z"/></svg>',
);

/**
 * Puts a page into its frame.
 *
 * @param content The page.
 * @param host The registry's host.
 * @returns The document.
 */
export function pageDocument({ title, trail, body }: PageContent, host: string): string {
  const crumbs = trail.map(({ name, path }) =>
    path === undefined ? html`<li aria-current="page">${name}</li>` : html`<li><a href="${path}">${name}</a></li>`
  );
  return html`
    <!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${title} – ${host}</title>
        <link rel="icon" href="${icon}">
        <style>${new Html(pageStyle)}</style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header>
          <p>Registry ${host}</p>
          <nav aria-label="Where you are">
            <ol>${crumbs}</ol>
          </nav>
        </header>
        <main id="main" tabindex="-1">
    <h1>${title}</h1>
    ${body}
        </main>
        <footer>Read-only view. Push and pull with any registry client.</footer>
      </body>
    </html>
  `.text.trim();
}

/** A column of a table. */
export interface Column {
  /** Its heading. */
  readonly label: string;
  /** Whether it holds sizes, which stand to the right. */
  readonly isSize?: boolean;
}

/**
 * Builds a table, whose rows become blocks on narrow screens. The roles keep it a table for screen readers then.
 *
 * @param caption What it lists, for screen readers.
 * @param columns Its columns.
 * @param rows Its rows, with a cell for each column.
 * @returns The table.
 */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly HtmlValue[])[]): Html {
  const heads = columns.map(({ label, isSize }) =>
    html`
      <th role="columnheader" scope="col" ${isSize === true && new Html(' class="size"')}>${label}</th>
    `
  );
  const body = rows.map((cells) =>
    html`
      <tr role="row">${columns.map(({ label, isSize }, at) =>
        html`
          <td role="cell" data-label="${label}" ${isSize === true &&
            new Html(' class="size"')}><span>${cells[at]}</span></td>
        `
      )}</tr>
    `
  );
  return html`
    <table role="table" aria-label="${caption}">
      <thead role="rowgroup">
        <tr role="row">${heads}</tr>
      </thead>
      <tbody role="rowgroup">
    ${body}</tbody>
    </table>
  `;
}

/**
 * Builds a list of names and values.
 *
 * @param pairs The pairs; those without a value are left out.
 * @returns The list.
 */
export function facts(pairs: readonly (readonly [name: string, value: HtmlValue])[]): Html {
  const known = pairs.filter(([, value]) => value !== undefined && value !== false && value !== "");
  return html`<dl>${
    known.map(([name, value]) =>
      html`
        <dt>${name}</dt>
        <dd>${value}</dd>
      `
    )
  }</dl>`;
}

/** One page of a list of names. */
export interface ListPage {
  /** The names on it. */
  readonly names: readonly string[];
  /** How many names there are in all. */
  readonly total: number;
  /** The form to search by, and links to other pages. */
  readonly search: Html | undefined;
  /** Links to the first and the next page. */
  readonly links: Html | undefined;
}

const rowsPerPage = 50;

/**
 * Cuts a page out of sorted names.
 *
 * @param names All names, sorted.
 * @param path The path of the list.
 * @param params The request's parameters: `q` to search for, `last` to begin after.
 * @returns The page.
 */
export function listPage(names: readonly string[], path: string, params: URLSearchParams): ListPage {
  const wanted = (params.get("q") ?? "").trim();
  const last = params.get("last") ?? "";
  const found = wanted === "" ? names : names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));
  const start = last === "" ? 0 : found.findIndex((name) => name > last);
  const shown = start < 0 ? [] : found.slice(start, start + rowsPerPage);
  const end = shown.at(-1);
  const hasMore = end !== undefined && start + rowsPerPage < found.length;
  const link = (more: string): string => {
    const query = new URLSearchParams(wanted === "" ? {} : { q: wanted });
    if (more !== "") query.set("last", more);
    return query.size === 0 ? path : `${path}?${query}`;
  };
  const links = start === 0 && !hasMore
    ? undefined
    : html`<div class="pages">${start !== 0 && html`<a href="${link("")}" rel="first">First page</a>`}${
      hasMore && html`<a href="${link(end)}" rel="next">Next page</a>`
    }</div>`;
  const needsSearch = names.length > rowsPerPage || wanted !== "";
  const search = needsSearch
    ? html`
      <form method="get" action="${path}"
        role="search"><label>Name contains<input type="search" name="q" value="${wanted}"></label><button>Search</button></form>
    `
    : undefined;
  return { names: shown, total: found.length, search, links };
}
