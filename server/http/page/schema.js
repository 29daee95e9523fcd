// schema - a JSON schema of the contract as nested lists, and finding one's way in the contract.
import {el} from './dom.js';
import {inline} from './markdown.js';

// What a $ref within the document stands for.
export const lookup = (document, reference) => reference.slice(2).split('/').reduce(
  (node, step) => node[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')], document);

// The node, or what it refers to; members beside a $ref are kept, as in JSON Schema.
export function resolve(document, node) {
  while (node?.$ref) {
    const {$ref, ...beside} = node;
    node = {...lookup(document, $ref), ...beside};
  }
  return node;
}

const nameOf = (node) => node?.$ref?.split('/').at(-1);

function typeOf(schema) {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const types = [schema.type ?? []].flat();
  const base = types.length ? types.join(' or ') : schema.oneOf ? 'one of' : 'anything';
  const {minimum: least, maximum: most} = schema;
  const range = least === undefined ? '' : most === undefined ? ` from ${least}` : ` ${least} to ${most}`;
  return base + range + (schema.format ? ` (${schema.format})` : '');
}

const link = (name) => el('a', {href: `#schema-${name}`}, name);

// The type in words, with links to the schemas that have names.
export function type(document, node) {
  const schema = resolve(document, node);
  const name = nameOf(node);
  if (schema.type === 'array' && schema.items)
    return el('span', null, name ? link(name) : 'array', ' of ', type(document, schema.items));
  return name ? el('span', null, link(name)) : el('code', null, typeOf(schema));
}

function member(document, name, node, required) {
  const schema = resolve(document, node);
  const about = [el('span', {class: 'name'}, name), ' ', type(document, node), required ? '' : ' optional',
    schema.default === undefined ? '' : ` default ${schema.default}`];
  if (schema.description) about.push(' ', el('span', {class: 'sub plain'}, inline(schema.description.trim())));
  return el('li', null, about, nameOf(node) ? null : members(document, schema));
}

// The list of what a schema consists of, or null: members of an object, alternatives, items without a name of their own.
export function members(document, schema) {
  const base = resolve(document, schema);
  const items = Object.entries(base.properties ?? {}).map(([name, node]) =>
    member(document, name, node, base.required?.includes(name)));
  for (const choice of base.oneOf ?? []) {
    const about = resolve(document, choice);
    items.push(el('li', null, nameOf(choice) ? type(document, choice)
      : el('span', null, 'either ', about.title ?? type(document, choice)), members(document, about)));
  }
  if (base.type === 'array' && base.items && !nameOf(base.items)) {
    const nested = members(document, base.items);
    if (nested) items.push(el('li', null, 'each item', nested));
  }
  return items.length ? el('ul', {class: 'schema'}, items) : null;
}
