/**
 * The sections `groups` and `rules` of the server's file.
 *
 * @module
 */

import { isKeyed, placeOf, settingsError, type SettingsPlace, typeName } from "../settings/settings_error.ts";
import { type AccessRule, type AccessRules, findPatternFault, type RepositoryAction } from "./auth/access_rules.ts";
import { type ConfigEntry, type ServerConfig, stringsOf } from "./server_config.ts";

/** The names of the sections. */
export const ruleSections = ["groups", "rules"] as const;

const actions: ReadonlySet<string> = new Set(["delete", "pull", "push"] satisfies RepositoryAction[]);
const ruleKeys: ReadonlySet<string> = new Set(["allow", "anonymous", "groups", "repository", "users"]);

/**
 * Reads groups and rules.
 *
 * @param config The file.
 * @returns What they say; nothing for sections that are not there.
 * @throws {RegkitError} `INVALID_SETTINGS` with line and column.
 */
export function readAccessRules(config: ServerConfig): Pick<AccessRules, "groups" | "rules"> {
  const groups = readGroups(config.sections.get("groups"));
  const section = config.sections.get("rules");
  if (section === undefined) return { groups };
  const { value, place } = section;
  if (!Array.isArray(value)) throw settingsError(place, `must be a list of rules, not ${typeName(value)}`);
  return { groups, rules: value.map((rule: unknown, at) => readRule(rule, placeOf(place, at), groups)) };
}

function readGroups(section: ConfigEntry<unknown> | undefined): Readonly<Record<string, readonly string[]>> {
  if (section === undefined) return {};
  const { value, place } = section;
  if (!isKeyed(value)) {
    throw settingsError(place, `must be names of groups with lists of users, not ${typeName(value)}`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, members]) => [name, stringsOf(members, placeOf(place, name))]),
  );
}

function readRule(
  rule: unknown,
  place: SettingsPlace,
  known: Readonly<Record<string, readonly string[]>>,
): AccessRule {
  if (!isKeyed(rule)) throw settingsError(place, `must be a rule with repository and allow, not ${typeName(rule)}`);
  for (const key of Object.keys(rule)) {
    if (!ruleKeys.has(key)) {
      throw settingsError(
        placeOf(place, key),
        "there is no such key",
        `Keys of a rule are ${[...ruleKeys].join(", ")}`,
      );
    }
  }
  const { repository, anonymous = false } = rule;
  if (typeof repository !== "string") throw settingsError(place, "the rule has no repository, such as team/**");
  const fault = findPatternFault(repository);
  if (fault !== undefined) throw settingsError(placeOf(place, "repository"), `the pattern "${repository}" ${fault}`);
  if (typeof anonymous !== "boolean") throw settingsError(placeOf(place, "anonymous"), "must be true or false");
  const groups = listOf(rule, "groups", place);
  for (const [at, group] of groups.entries()) {
    if (!Object.hasOwn(known, group)) {
      throw settingsError(placeOf(placeOf(place, "groups"), at), `there is no group "${group}"`);
    }
  }
  return { repository, anonymous, groups, users: listOf(rule, "users", place), allow: readActions(rule, place) };
}

function readActions(rule: Readonly<Record<string, unknown>>, place: SettingsPlace): readonly RepositoryAction[] {
  if (rule["allow"] === undefined) throw settingsError(place, "the rule does not say what it allows");
  return listOf(rule, "allow", place).map((action, at) => {
    if (isAction(action)) return action;
    throw settingsError(placeOf(placeOf(place, "allow"), at), `"${action}" is not one of pull, push, delete`);
  });
}

function isAction(text: string): text is RepositoryAction {
  return actions.has(text);
}

function listOf(rule: Readonly<Record<string, unknown>>, key: string, place: SettingsPlace): readonly string[] {
  return rule[key] === undefined ? [] : stringsOf(rule[key], placeOf(place, key));
}
