/**
 * The tree of a template.
 *
 * @module
 */

import type { ByteText } from "./byte_text.ts";

/** What every node has. */
export interface Placed {
  /** The byte offset that errors name. */
  readonly at: number;
}

/** `.` */
export interface DotNode extends Placed {
  /** The kind of node. */
  readonly kind: "dot";
}

/** `nil` */
export interface NilNode extends Placed {
  /** The kind of node. */
  readonly kind: "nil";
}

/** `true` or `false` */
export interface BoolNode extends Placed {
  /** The kind of node. */
  readonly kind: "bool";
  /** The value. */
  readonly value: boolean;
}

/** A number or character constant. */
export interface NumberNode extends Placed {
  /** The kind of node. */
  readonly kind: "number";
  /** The number as written. */
  readonly source: ByteText;
  /** Its value when it is whole. */
  readonly whole: bigint | undefined;
  /** Its value as a float. */
  readonly float: number;
  /** Whether it is written as a float and so is one where nothing else is asked for. */
  readonly isFloat: boolean;
}

/** A quoted string. */
export interface StringNode extends Placed {
  /** The kind of node. */
  readonly kind: "string";
  /** The string as written. */
  readonly source: ByteText;
  /** Its value. */
  readonly value: ByteText;
}

/** `.a.b` */
export interface FieldNode extends Placed {
  /** The kind of node. */
  readonly kind: "field";
  /** The names without dots. */
  readonly names: readonly ByteText[];
}

/** `$`, `$x` or `$x.a.b` */
export interface VariableNode extends Placed {
  /** The kind of node. */
  readonly kind: "variable";
  /** The variable's name with its `$`. */
  readonly name: ByteText;
  /** The names of the fields after it. */
  readonly fields: readonly ByteText[];
}

/** A function's name. */
export interface FunctionNode extends Placed {
  /** The kind of node. */
  readonly kind: "function";
  /** The name. */
  readonly name: ByteText;
}

/** `(pipeline).a.b` or `function.a.b` */
export interface ChainNode extends Placed {
  /** The kind of node. */
  readonly kind: "chain";
  /** What the fields are taken of. */
  readonly base: PipelineNode | FunctionNode;
  /** The names of the fields. */
  readonly fields: readonly ByteText[];
}

/** A pipeline; as an operand it stood in parentheses. */
export interface PipelineNode extends Placed {
  /** The kind of node. */
  readonly kind: "pipeline";
  /** The variables that it declares or assigns. */
  readonly variables: readonly ByteText[];
  /** Whether the variables are assigned, not declared. */
  readonly isAssign: boolean;
  /** The commands, first to last. */
  readonly commands: readonly CommandNode[];
}

/** An operand with its arguments. */
export interface CommandNode extends Placed {
  /** The kind of node. */
  readonly kind: "command";
  /** The operand, then the arguments. */
  readonly operands: readonly [OperandNode, ...OperandNode[]];
}

/** What may stand in a command. */
export type OperandNode =
  | DotNode
  | NilNode
  | BoolNode
  | NumberNode
  | StringNode
  | FieldNode
  | VariableNode
  | FunctionNode
  | ChainNode
  | PipelineNode;

/** Text to copy. */
export interface TextNode extends Placed {
  /** The kind of node. */
  readonly kind: "text";
  /** The text. */
  readonly text: ByteText;
}

/** `{{pipeline}}` */
export interface ActionNode extends Placed {
  /** The kind of node. */
  readonly kind: "action";
  /** What is printed. */
  readonly pipeline: PipelineNode;
}

/** `{{if}}`, `{{with}}` or `{{range}}` with its bodies. */
export interface BranchNode extends Placed {
  /** The kind of node. */
  readonly kind: "if" | "with" | "range";
  /** What decides. */
  readonly pipeline: PipelineNode;
  /** What is run when it holds. */
  readonly body: readonly StatementNode[];
  /** What is run when it does not, if there is an `{{else}}`. */
  readonly otherwise: readonly StatementNode[] | undefined;
}

/** `{{break}}` or `{{continue}}` */
export interface JumpNode extends Placed {
  /** The kind of node. */
  readonly kind: "break" | "continue";
}

/** `{{template "name" pipeline}}` */
export interface TemplateNode extends Placed {
  /** The kind of node. */
  readonly kind: "template";
  /** The name of the template to run. */
  readonly name: ByteText;
  /** Its dot; nil without one. */
  readonly pipeline: PipelineNode | undefined;
}

/** What may stand in a body. */
export type StatementNode = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

/** A whole template: its bodies by name. */
export interface TemplateTree {
  /** The name of the body that is run first. */
  readonly name: ByteText;
  /** The whole text. */
  readonly source: ByteText;
  /** The bodies by name, the main one among them. */
  readonly bodies: ReadonlyMap<ByteText, readonly StatementNode[]>;
}
