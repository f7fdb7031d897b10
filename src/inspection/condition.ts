// The conditions of failOn: which response is a failure. Read from text once; never looks at a body unless it must.
//
//   condition = statuses                                5xx,429
//             | "status" ("=" | "!=") statuses          status!=200
//             | "type"   ("=" | "!=") media type        type!=application/json
//             | "size"   ("<" | "<=" | ">" | ">=" | "=" | "!=") size      size>1mb
//             | "body"   ("~" | "!~") regex             body~(?i)error
//             | "header:" name                          header:Retry-After    the field is there
//             | "!header:" name                         !header:ETag          it is not
//             | "header:" name ("~" | "!~") regex       header:Server~nginx   `!~` holds where it is not there, too
//
// `==` is `=`. Blanks mean nothing except in a regex.

import { nearest } from '../model/nearest.ts';
import type { Response } from '../model/outcome.ts';
import type { Content } from './content.ts';
import { readExpression } from './expression.ts';
import { misread, part, rest, type Written, written } from './misread.ts';
import { readSize } from './size-list.ts';
import { readStatuses } from './status-list.ts';

export type ResponseCheck = (response: Response) => boolean | string;

export interface Condition {
  /** `the condition 5xx`. */
  readonly name: string;
  /** True where it cannot be told without the body. */
  readonly readsBody: boolean;
  /** What is wrong, to stand behind `status 200`; undefined where the response does not meet it. It may throw: a function does, and a
   *  regular expression that needs more stack than there is. */
  readonly problem: (response: Response, content: Content) => string | undefined;
}

const EXAMPLES =
  "write it as '5xx,429', 'status!=200', 'type!=application/json', 'size<100', 'body~regex', 'body!~regex', " +
  "'header:Name', '!header:Name' or 'header:Name~regex'";

const HEADER = /^\s*(!?)\s*header:/i;
const COMPARISON = /^\s*([a-z]+)\s*(==|!=|!~|<=|>=|=|<|>|~)/i;
const FIELD_NAME = /^[!#$%&'*+\-.^_`|\w]+$/;
const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  status: ['=', '!='],
  type: ['=', '!='],
  size: ['<', '<=', '>', '>=', '=', '!='],
  body: ['~', '!~'],
};

/** `readsBody` and whether a response meets it. */
type Test = readonly [readsBody: boolean, holds: (response: Response, content: Content) => boolean];

/** Throws OptionError with what is wrong, where it is, and how conditions are written. */
export function readCondition(option: string, text: string): Condition {
  const whole = written(option, text);
  const [readsBody, holds] = testOf(whole);
  const name = `the condition ${text}`;
  const problem = ` meets ${name}`;
  return {
    name,
    readsBody,
    problem: (response, content) => (holds(response, content) ? problem : undefined),
  };
}

function testOf(whole: Written): Test {
  if (/^\s*\d/.test(whole.text)) return statusTest(whole);
  const header = HEADER.exec(whole.text);
  if (header !== null) return headerTest(rest(whole, header[0].length), header[1] === '!');
  const comparison = COMPARISON.exec(whole.text);
  const subject = (comparison?.[1] ?? /^\s*([a-z]*)/i.exec(whole.text)![1]!).toLowerCase();
  const allowed = Object.hasOwn(OPERATORS, subject) ? OPERATORS[subject]! : undefined;
  if (allowed === undefined) throw unknown(whole, subject);
  const operator = comparison?.[2] === '==' ? '=' : comparison?.[2];
  if (comparison === null || operator === undefined || !allowed.includes(operator)) {
    throw misread(part(whole, 0), subject.length, `${subject} takes ${allowed.join(' ')}`, EXAMPLES);
  }
  return comparisonTest(subject, operator, rest(whole, comparison[0].length));
}

function unknown(whole: Written, subject: string): Error {
  const near = subject === '' ? undefined : nearest(subject, [...Object.keys(OPERATORS), 'header']);
  const proposal = near === undefined ? EXAMPLES : `did you mean ${near}? ${EXAMPLES}`;
  return misread(
    part(whole, 0),
    0,
    whole.text.trim() === '' ? 'a condition is missing' : 'no condition',
    proposal,
  );
}

function comparisonTest(subject: string, operator: string, value: Written): Test {
  switch (subject) {
    case 'status': {
      const test = statusTest(value);
      return operator === '=' ? test : not(test);
    }
    case 'type': {
      const test = typeTest(part(value, 0));
      return operator === '=' ? test : not(test);
    }
    case 'size':
      return sizeTest(operator, readSize(part(value, 0), EXAMPLES));
    default: {
      const expression = readExpression(value);
      const test: Test = [true, (_, content) => expression.test(content.text)];
      return operator === '~' ? test : not(test);
    }
  }
}

function not([readsBody, holds]: Test): Test {
  return [readsBody, (response, content) => !holds(response, content)];
}

function statusTest(statuses: Written): Test {
  const list = readStatuses([statuses]);
  return [false, (response) => list.has(response.status)];
}

function typeTest(type: Written): Test {
  const wanted = type.text.toLowerCase();
  if (!/^[^\s;/]+\/[^\s;/]+$/.test(wanted)) {
    throw misread(type, 0, 'no media type', 'write it without parameters, such as application/json');
  }
  return [false, (response) => response.mediaType === wanted];
}

function sizeTest(operator: string, bytes: number): Test {
  switch (operator) {
    case '<':
      return [true, ({ body }) => body.length < bytes];
    case '<=':
      return [true, ({ body }) => body.length <= bytes];
    case '>':
      return [true, ({ body }) => body.length > bytes];
    case '>=':
      return [true, ({ body }) => body.length >= bytes];
    case '=':
      return [true, ({ body }) => body.length === bytes];
    default:
      return [true, ({ body }) => body.length !== bytes];
  }
}

function headerTest(field: Written, absent: boolean): Test {
  const match = /!?~/.exec(field.text);
  const name = part(field, 0, match?.index);
  if (!FIELD_NAME.test(name.text)) throw misread(name, 0, 'no field name', EXAMPLES);
  if (match === null) {
    const present: Test = [false, (response) => response.headerAll(name.text).length > 0];
    return absent ? not(present) : present;
  }
  if (absent) {
    throw misread(field, match.index, 'either ! in front or a regular expression', EXAMPLES);
  }
  const expression = readExpression(rest(field, match.index + match[0].length));
  const some: Test = [
    false,
    (response) => response.headerAll(name.text).some((value) => expression.test(value)),
  ];
  return match[0] === '~' ? some : not(some);
}

const IN_CODE = 'a condition in code';
/** Longer ones are cut: a text of a function goes into records. */
const REASON_CHARACTERS_MAX = 500;

/**
 * A condition in code: true, or a text that says why, is a failure. So is a function that throws, which is what
 * `response.json()` does where the body is no JSON; the error is the failure's cause and not in its message, since it
 * may quote the body.
 */
export function checkedBy(check: ResponseCheck): Condition {
  return { name: IN_CODE, readsBody: true, problem: (response) => reasonOf(check, response) };
}

function reasonOf(check: ResponseCheck, response: Response): string | undefined {
  const answer: unknown = check(response);
  if (answer === false || answer === undefined || answer === '') return undefined;
  if (answer === true) return ` meets ${IN_CODE}`;
  if (typeof answer === 'string') return `: ${answer.slice(0, REASON_CHARACTERS_MAX)}`;
  return `: ${IN_CODE} gave ${describe(answer)}; it must give true, false or a text, and at once`;
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return value instanceof Promise ? 'a promise' : typeof value;
}
