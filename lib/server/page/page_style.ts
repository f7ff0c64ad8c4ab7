/**
 * How the page looks. The style stands in the document, and the policy allows it by its digest alone.
 *
 * @module
 */

/** The style sheet. */
export const pageStyle: string = `
:root { color-scheme: light dark; --back: #fff; --panel: #f3f5f8; --text: #1a1f26; --soft: #4d5866; --line: #d3d9e1;
  --edge: #6c7785; --link: #0a4fa8; --focus: #b34700; }
@media (prefers-color-scheme: dark) { :root { --back: #10141a; --panel: #1a2029; --text: #e7ecf2; --soft: #a9b4c1;
  --line: #323c49; --edge: #8793a1; --link: #82b7ff; --focus: #ffb066; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1rem; border-bottom: 1px solid var(--line); }
header p { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
nav ol { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem .5rem; margin: .25rem 0 .75rem; padding: 0; }
nav li { overflow-wrap: anywhere; }
nav li + li::before { content: "/"; color: var(--soft); margin-right: .5rem; }
main { padding-bottom: 2rem; }
footer { padding-top: .75rem; padding-bottom: 2rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 1.25rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.125rem; margin: 2rem 0 .5rem; }
a { color: var(--link); text-underline-offset: .15em; overflow-wrap: anywhere; }
a:focus-visible, input:focus-visible, button:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.skip { position: absolute; left: -100vw; top: 0; padding: .5rem 1rem; background: var(--back); }
.skip:focus { left: 0; }
.soft { color: var(--soft); }
code, .code { font-family: ui-monospace, monospace; font-size: .875rem; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; color: var(--soft); font-size: .875rem; font-weight: 600; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th.size, td.size { text-align: right; white-space: nowrap; padding-right: 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: .5rem 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: 1rem 0; }
form label { flex: 1 1 12rem; min-width: 0; }
label { display: block; color: var(--soft); font-size: .875rem; }
input, button { font: inherit; color: var(--text); background: var(--panel); border: 1px solid var(--edge); border-radius: .375rem;
  padding: .5rem .75rem; min-height: 2.75rem; }
input { width: 100%; }
.commands input { font-family: ui-monospace, monospace; font-size: .875rem; }
.commands label { margin-bottom: .75rem; }
button { cursor: pointer; font-weight: 600; }
.pages { display: flex; flex-wrap: wrap; gap: 1rem; margin: 1rem 0; }
.pages a { padding: .5rem 0; }
@media (min-width: 40.01rem) {
  td + td, td + td a, td + td code { overflow-wrap: break-word; }
  td a.code { white-space: nowrap; }
}
@media (max-width: 40rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  table, tbody, tr, td { display: block; }
  tr { padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td, td.size { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; border: 0; padding: .125rem 0; text-align: left;
    white-space: normal; }
  td::before { content: attr(data-label); color: var(--soft); font-size: .875rem; }
  td > * { min-width: 0; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: .5rem; }
}
`;

let policy: Promise<string> | undefined;

/**
 * Gives the policy of every page: nothing may be loaded or run but its own style, and forms lead back here.
 *
 * @returns The value of `Content-Security-Policy`.
 */
export function contentPolicy(): Promise<string> {
  return policy ??= buildPolicy();
}

async function buildPolicy(): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(pageStyle))).toBase64();
  return `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; form-action 'self'; base-uri 'none'; ` +
    `frame-ancestors 'none'`;
}
