/**
 * Writes the tree of a template as template text again.
 *
 * @module
 */

import type { ByteText } from "./byte_text.ts";
import type { BranchNode, CommandNode, OperandNode, PipelineNode, StatementNode, TemplateTree } from "./nodes.ts";
import { quoteText } from "./quote.ts";

/** A node as errors name it. */
export type SourceNode = OperandNode | CommandNode | StatementNode;

/**
 * Writes a node as errors show it. Of branches only the action that opens them is written.
 *
 * @param node The node.
 * @returns Its source text.
 */
export function sourceOf(node: SourceNode): ByteText {
  switch (node.kind) {
    case "dot":
      return ".";
    case "nil":
      return "nil";
    case "bool":
      return String(node.value);
    case "number":
    case "string":
      return node.source;
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return [node.name, ...node.fields].join(".");
    case "function":
      return node.name;
    case "chain":
      return [operandSource(node.base), ...node.fields].join(".");
    case "pipeline":
      return pipelineSource(node);
    case "command":
      return node.operands.map(operandSource).join(" ");
    case "text":
      return node.text;
    default:
      return actionSource(node);
  }
}

function operandSource(node: OperandNode): ByteText {
  return node.kind === "pipeline" ? `(${pipelineSource(node)})` : sourceOf(node);
}

function pipelineSource({ variables, isAssign, commands }: PipelineNode): ByteText {
  const declaration = variables.length === 0 ? "" : `${variables.join(", ")} ${isAssign ? "=" : ":="} `;
  return declaration + commands.map(sourceOf).join(" | ");
}

function actionSource(node: Exclude<StatementNode, { kind: "text" }>): ByteText {
  switch (node.kind) {
    case "action":
      return `{{${pipelineSource(node.pipeline)}}}`;
    case "break":
    case "continue":
      return `{{${node.kind}}}`;
    case "template": {
      const argument = node.pipeline === undefined ? "" : ` ${pipelineSource(node.pipeline)}`;
      return `{{template ${quoteText(node.name)}${argument}}}`;
    }
    default:
      return `{{${node.kind} ${pipelineSource(node.pipeline)}}}`;
  }
}

/**
 * Writes a whole template: its main body, then the definitions. Reading the text gives the same tree again.
 *
 * @param tree The template.
 * @returns The template text.
 */
export function printTree(tree: TemplateTree): ByteText {
  const writer = new Writer();
  writer.body(tree.bodies.get(tree.name) ?? []);
  for (const [name, body] of tree.bodies) {
    if (name === tree.name) continue;
    writer.action(`{{define ${quoteText(name)}}}`);
    writer.body(body);
    writer.action("{{end}}");
  }
  return writer.parts.join("");
}

/** What is left to write: nodes, or the end of a branch. */
type Pending = StatementNode | "{{else}}" | "{{end}}";

class Writer {
  readonly parts: ByteText[] = [];
  #last: "text" | "action" = "action";
  #endsWithBrace = false;

  /** Writes an action. After a brace it would be read one character too early, so a trimmed space goes between. */
  action(text: ByteText): void {
    this.parts.push(this.#endsWithBrace ? ` {{- ${text.slice(2)}` : text);
    this.#last = "action";
    this.#endsWithBrace = false;
  }

  #text(text: ByteText): void {
    // Two pieces of text that a comment kept apart stay apart.
    if (this.#last === "text") this.action("{{/**/}}");
    this.parts.push(text);
    this.#last = "text";
    this.#endsWithBrace = text.endsWith("{");
  }

  /** Writes nodes with all that is in them; the nesting has no limit, so it is no recursion. */
  body(nodes: readonly StatementNode[]): void {
    const pending: Pending[] = nodes.toReversed();
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (typeof node === "string") this.action(node);
      else if (node.kind === "text") this.#text(node.text);
      else {
        this.action(actionSource(node));
        if (isBranch(node)) {
          pending.push("{{end}}");
          if (node.otherwise !== undefined) pushReversed(pending, node.otherwise).push("{{else}}");
          pushReversed(pending, node.body);
        }
      }
    }
  }
}

function pushReversed(pending: Pending[], nodes: readonly StatementNode[]): Pending[] {
  for (let at = nodes.length - 1; at >= 0; at--) {
    const node = nodes[at];
    if (node !== undefined) pending.push(node);
  }
  return pending;
}

/**
 * Tells whether a statement has bodies.
 *
 * @param node The statement.
 * @returns Whether it is an `if`, a `with` or a `range`.
 */
export function isBranch(node: StatementNode): node is BranchNode {
  return node.kind === "if" || node.kind === "with" || node.kind === "range";
}
