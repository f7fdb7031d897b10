// Checks a value against the part of JSON Schema 2020-12 that record.schema.json uses. Any other keyword throws, so
// that the schema cannot come to say something that nobody checks.

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Schema = boolean | { [keyword: string]: Json };
type Check = (rule: Json, value: Json, at: string, schema: { [keyword: string]: Json }) => string[];

/** What is wrong, one sentence each with the place; empty where the value fits. */
export type SchemaCheck = (value: unknown) => string[];

export function schemaCheck(root: unknown): SchemaCheck {
  const validate = (schema: Schema, value: Json, at: string): string[] => {
    if (typeof schema === 'boolean') return schema ? [] : [`${at} must not be there`];
    return Object.entries(schema).flatMap(([keyword, rule]) => {
      const check = checks[keyword];
      if (check === undefined) throw new Error(`this check does not know the keyword ${keyword}`);
      return check(rule, value, at, schema);
    });
  };
  const of = (rule: Json, value: Json, at: string) => validate(rule as Schema, value, at);

  const checks: Record<string, Check> = {
    $schema: () => [],
    title: () => [],
    description: () => [],
    $defs: () => [],
    $ref: (rule, value, at) => of(resolve(root as Json, String(rule)), value, at),
    oneOf: (rule, value, at) => {
      const wrong = list(rule).map((one) => of(one, value, at));
      const fits = wrong.filter((errors) => errors.length === 0).length;
      return fits === 1 ? [] : [`${at} fits ${fits} of its forms: ${wrong.flat().join('; ')}`];
    },
    type: (rule, value, at) =>
      [rule].flat().some((type) => isOfType(value, String(type))) ? [] : [`${at} is no ${rule}`],
    enum: (rule, value, at) => (list(rule).includes(value) ? [] : [`${at} is none of ${rule}`]),
    minimum: (rule, value, at) => (!(Number(value) < Number(rule)) ? [] : [`${at} is below ${rule}`]),
    maximum: (rule, value, at) => (!(Number(value) > Number(rule)) ? [] : [`${at} is above ${rule}`]),
    minLength: (rule, value, at) => (String(value).length >= Number(rule) ? [] : [`${at} is too short`]),
    pattern: (rule, value, at) =>
      new RegExp(String(rule), 'u').test(String(value)) ? [] : [`${at} does not match ${rule}`],
    required: (rule, value, at) =>
      list(rule).flatMap((key) => (String(key) in object(value) ? [] : [`${at} lacks ${key}`])),
    properties: (rule, value, at) =>
      Object.entries(object(value)).flatMap(([key, member]) =>
        key in object(rule) ? of(object(rule)[key]!, member, `${at}.${key}`) : [],
      ),
    additionalProperties: (rule, value, at, schema) =>
      Object.entries(object(value)).flatMap(([key, member]) =>
        key in object(schema['properties'] ?? {}) ? [] : of(rule, member, `${at}.${key}`),
      ),
    dependentSchemas: (rule, value, at) =>
      Object.entries(object(rule)).flatMap(([key, one]) => (key in object(value) ? of(one, value, at) : [])),
    minItems: (rule, value, at) => (list(value).length >= Number(rule) ? [] : [`${at} has too few items`]),
    prefixItems: (rule, value, at) =>
      list(rule).flatMap((one, i) => (i < list(value).length ? of(one, list(value)[i]!, `${at}[${i}]`) : [])),
    items: (rule, value, at, schema) => {
      const from = list(schema['prefixItems'] ?? []).length;
      return list(value)
        .slice(from)
        .flatMap((item, i) => of(rule, item, `${at}[${from + i}]`));
    },
  };
  return (value) => validate(root as Schema, value as Json, 'record');
}

function resolve(root: Json, reference: string): Json {
  let found = root;
  for (const key of reference.replace(/^#\//, '').split('/')) found = object(found)[key]!;
  if (found === undefined) throw new Error(`${reference} leads nowhere`);
  return found;
}

function isOfType(value: Json, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}

// What is of another type has no members and no items: the keyword `type` has reported it.
function object(value: Json): { [key: string]: Json } {
  return isOfType(value, 'object') ? (value as { [key: string]: Json }) : {};
}

function list(value: Json): Json[] {
  return Array.isArray(value) ? value : [];
}
