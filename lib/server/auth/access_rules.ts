/**
 * Who may do what with which repositories: rules by patterns of names, of which the longest that fits counts.
 *
 * @module
 */

import type { Action } from "./auth_guard.ts";

/** What a rule can allow. */
export type RepositoryAction = Exclude<Action, "catalog">;

/** One rule. */
export interface AccessRule {
  /** The repositories: `*` stands for characters of one path component, `**` for any characters. */
  readonly repository: string;
  /** The users it is for; `*` stands for everyone who is logged in. */
  readonly users?: readonly string[] | undefined;
  /** The groups it is for. */
  readonly groups?: readonly string[] | undefined;
  /** Whether it is for everyone, logged in or not. */
  readonly anonymous?: boolean | undefined;
  /** What they may do. */
  readonly allow: readonly RepositoryAction[];
}

/** Rules and the groups they name. */
export interface AccessRules {
  /** The members of groups by the group's name. */
  readonly groups?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The rules; without any, be it by an empty list, everyone who is logged in may do everything. */
  readonly rules?: readonly AccessRule[] | undefined;
  /** Whether everyone may pull where no rule fits. */
  readonly anonymousPull?: boolean | undefined;
}

/** Decides who may do what. */
export interface AccessPolicy {
  /** Whether callers without login may do anything at all. */
  readonly allowsAnonymous: boolean;
  /**
   * Tells whether a user may do something.
   *
   * @param user The user; empty for anonymous.
   * @param action What.
   * @param repository The repository; ignored for `catalog`, which every user may ask for what they may pull.
   */
  may(user: string, action: Action, repository: string): boolean;
}

interface CompiledRule extends AccessRule {
  readonly form: RegExp;
  readonly weight: number;
}

/**
 * Makes a policy of rules.
 *
 * @param rules The rules.
 * @returns The policy.
 */
export function accessPolicy(rules: AccessRules = {}): AccessPolicy {
  const compiled = (rules.rules ?? []).map(compile).sort((a, b) => b.weight - a.weight);
  const groups = new Map(Object.entries(rules.groups ?? {}).map(([name, members]) => [name, new Set(members)]));
  const anonymousPull = rules.anonymousPull ?? false;
  const isFor = (rule: AccessRule, user: string): boolean =>
    rule.anonymous === true ||
    (user !== "" && (includes(rule.users, user) || includes(rule.users, "*") ||
      (rule.groups ?? []).some((group) => groups.get(group)?.has(user) === true)));
  return {
    allowsAnonymous: anonymousPull || compiled.some(({ anonymous }) => anonymous === true),
    may(user, action, repository) {
      if (action === "catalog") return user !== "" || this.allowsAnonymous;
      const longest = compiled.find(({ form }) => form.test(repository));
      if (longest === undefined) {
        return (user !== "" && compiled.length === 0) || (anonymousPull && action === "pull");
      }
      return compiled.some((rule) =>
        rule.repository === longest.repository && rule.allow.includes(action) && isFor(rule, user)
      );
    },
  };
}

/**
 * Tells what is wrong with a pattern.
 *
 * @param pattern The pattern.
 * @returns The fault in words; `undefined` when there is none.
 */
export function findPatternFault(pattern: string): string | undefined {
  if (pattern === "") return "is empty";
  if (pattern.length > 255) return "is longer than 255 characters";
  return /^[a-z0-9._/*-]+$/.test(pattern) ? undefined : "holds a character that no repository name can have";
}

function compile(rule: AccessRule): CompiledRule {
  const parts = rule.repository.split(/(\*+\/?)/);
  const source = parts.map((part) => {
    if (part.startsWith("**")) return part.endsWith("/") ? "(?:.*/)?" : ".*";
    if (part.startsWith("*")) return part.endsWith("/") ? "[^/]*/" : "[^/]*";
    return part.replaceAll(/[.]/g, "\\.");
  });
  const literal = rule.repository.replaceAll("*", "").length;
  const stars = rule.repository.length - literal;
  return { ...rule, form: new RegExp(`^${source.join("")}$`), weight: literal * 1000 - stars };
}

function includes(list: readonly string[] | undefined, value: string): boolean {
  return list?.includes(value) === true;
}
