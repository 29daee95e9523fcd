// docs - the contract as a page: every call with its parameters, bodies, answers and command lines, made in the browser
// from the very openapi.yaml the service serves.
import {announce, byId, el, setText} from './dom.js';
import {call, request} from './api.js';
import {curlLines} from './curl.js';
import {inline, markdown} from './markdown.js';
import {members, resolve, type} from './schema.js';
import {hasToken, isLocked, offerForm, onToken} from './token.js';

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete']);
const ANSWER_MAX = 20_000; // characters of an answer that are shown
const PATIENCE_MS = 8000;

const prose = (text) => el('div', {class: 'prose'}, markdown(text));
const pretty = (value) => (typeof value === 'string' ? value : JSON.stringify(value, null, 2));

class Docs {
  constructor(contract) {
    this.contract = contract;
    this.values = {}; // of the path's parameters, beside those of the contract's examples
    this.operations = [];
    for (const [path, item] of Object.entries(contract.paths))
      for (const method of Object.keys(item).filter((name) => METHODS.has(name))) this.operations.push({path, method, item, operation: item[method]});
  }

  show() {
    const {info, tags, components} = this.contract;
    this.about = el('section', {class: 'card', id: 'about', 'aria-labelledby': 'about-title'});
    byId('paper').replaceChildren(el('h1', null, 'The contract'),
      el('p', {class: 'sub'}, `${info.title} ${info.version}. ${info.summary}`),
      this.about, this.idLine(),
      ...tags.map((tag) => this.group(tag)),
      el('section', {class: 'group', id: 'schemas'}, el('h2', null, 'Schemas'),
        Object.entries(components.schemas).map(([name, node]) => this.schema(name, node))));
    this.write();
    byId('contents').replaceChildren(...this.contents());
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }

  // Write what depends on where the service is, and on the batch the lines are about.
  write() {
    const {info, servers, components} = this.contract;
    const id = components.parameters.BatchId.example;
    this.about.replaceChildren(el('h2', {id: 'about-title'}, 'About'), prose(info.description.replaceAll(servers[0].url, location.origin)
      .replaceAll(id, this.values.id ?? id)));
    for (const {write} of this.operations) write();
  }

  of(tag) { return this.operations.filter(({operation}) => operation.tags.includes(tag)); }

  contents() {
    const entry = (href, ...text) => el('li', null, el('a', {href}, text));
    return [el('h2', null, 'Contract'), el('ul', null, entry('#about', 'About'), entry('#lines', 'Command lines')),
      ...this.contract.tags.flatMap(({name}) => [el('h2', null, name),
        el('ul', null, this.of(name).map(({operation}) => entry(`#${operation.operationId}`, operation.summary)))]),
      el('h2', null, 'Schemas'), el('ul', null, Object.keys(this.contract.components.schemas).map((name) =>
        entry(`#schema-${name}`, name)))];
  }

  // Which batch the lines are about: the newest there is, one made for the purpose, or any.
  idLine() {
    this.id = el('input', {id: 'id', spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'id-note'});
    this.note = el('p', {id: 'id-note', class: 'sub', role: 'status'});
    this.id.addEventListener('input', () => this.useId(this.id.value.trim(), ''));
    const make = el('button', {type: 'button', id: 'make', onclick: async () => {
      try {
        this.useId((await call('POST', '/v1/batches?wait=5', {numbers: ['2', '91', '18446744073709551557']})).id, 'A batch of three numbers was made.');
      } catch (problem) {
        setText(this.note, `There is no new batch: ${problem.message}.`);
      }
    }}, 'Make a batch');
    return el('section', {class: 'card idline', id: 'lines'}, el('h2', null, 'Command lines'),
      el('p', null, 'The lines below are for this service. Those about one batch use the batch named here.'),
      el('label', {for: 'id'}, 'Batch'), el('div', null, this.id, make), this.note);
  }

  useId(id, note) {
    this.values = id ? {id} : {};
    if (this.id.value.trim() !== id) this.id.value = id;
    setText(this.note, note);
    this.write();
  }

  // Begin with the newest batch of the service, if it has one.
  async findId() {
    try {
      const {batches} = await call('GET', '/v1/batches?limit=1');
      if (batches.length) this.useId(batches[0].id, 'This is the newest batch.');
      else setText(this.note, 'There is no batch yet; the lines use the id of an example.');
    } catch (problem) {
      setText(this.note, problem.status === 401 ? 'The service asks for a token before it says which batches there are.'
        : 'The service does not say which batches there are; the lines use the id of an example.');
    }
  }

  group({name, description}) {
    return el('section', {class: 'group', 'aria-labelledby': `tag-${name}`},
      el('h2', {id: `tag-${name}`}, `${name[0].toUpperCase()}${name.slice(1)}`), el('p', {class: 'sub'}, inline(description)),
      this.of(name).map((one) => this.operation(one)));
  }

  operation(one) {
    const {path, method, item, operation} = one;
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((node) => resolve(this.contract, node));
    const lines = el('div', {class: 'operation'});
    one.write = () => lines.replaceChildren(...curlLines(this.contract, location.origin, path, method, item, operation, this.values, hasToken())
      .map((line) => this.line(line, one)));
    return el('article', {class: 'card operation', id: operation.operationId, 'aria-labelledby': `${operation.operationId}-title`},
      el('header', null, el('span', {class: 'method', 'data-method': method.toUpperCase()}, method.toUpperCase()), el('code', null, path),
        el('h3', {id: `${operation.operationId}-title`}, operation.summary)),
      prose(operation.description), lines, this.parameters(parameters), this.request(operation), this.responses(operation));
  }

  line({about, address, line}, {method, operation}) {
    const answer = el('div', {class: 'answer', 'aria-live': 'polite'});
    const what = about ? `${operation.summary}, ${about}` : operation.summary;
    const copy = el('button', {type: 'button', class: 'small', 'aria-label': `Copy the line: ${what}`, onclick: async () => {
      try {
        await navigator.clipboard.writeText(line);
        announce('Copied.');
        setText(copy, 'Copied');
      } catch {
        getSelection().selectAllChildren(text); // no clipboard without TLS: then it is a key away
        announce('Selected. Copy it by the keyboard.');
      }
    }}, 'Copy');
    const attempt = method !== 'get' ? null : el('button', {type: 'button', class: 'small', 'aria-label': `Try it: ${what}`,
      onclick: () => this.attempt(address, answer)}, 'Try');
    const text = el('code', null, line);
    return el('div', {class: 'line-of-curl'}, about ? el('span', {class: 'sub'}, about) : null,
      el('pre', {class: 'curl', tabindex: 0}, text), el('span', null, copy, attempt), answer);
  }

  // Ask for real, and show what came, as far as it comes in time.
  async attempt(address, answer) {
    answer.replaceChildren(el('p', {class: 'sub'}, 'Asking'));
    let head = 'The service does not answer.';
    let body = '';
    try {
      const response = await request(address, {signal: AbortSignal.timeout(PATIENCE_MS)});
      head = `${response.status} ${response.statusText}, ${response.headers.get('Content-Type')}`;
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let piece; body.length < ANSWER_MAX && !(piece = await reader.read()).done;) body += piece.value;
      await reader.cancel();
    } catch { /* then that is all there is */ }
    if (body.length > ANSWER_MAX) body = `${body.slice(0, ANSWER_MAX)}\n… the rest is left out`;
    answer.replaceChildren(el('p', null, head),
      body ? el('pre', {tabindex: 0, role: 'region', 'aria-label': 'Answer'}, el('code', null, body)) : '');
  }

  parameters(parameters) {
    if (parameters.length === 0) return null;
    return el('details', null, el('summary', null, `Parameters (${parameters.length})`),
      el('ul', {class: 'schema'}, parameters.map((one) => el('li', null, el('span', {class: 'name'}, one.name),
        ` in the ${one.in}, `, type(this.contract, one.schema), one.required ? '' : ' optional', ' ',
        el('span', {class: 'sub plain'}, inline((one.description ?? '').trim()))))));
  }

  // Bodies by media type, with their schema and examples.
  bodies(content) {
    return Object.entries(content ?? {}).map(([media, {schema, examples}]) => el('div', {class: 'indent'},
      el('p', null, el('code', null, media), ': ', type(this.contract, schema), ' ',
        schema.description ? el('span', {class: 'sub plain'}, inline(schema.description.trim())) : ''),
      schema.$ref ? null : members(this.contract, schema),
      Object.values(examples ?? {}).map((node) => resolve(this.contract, node)).map((example) => el('details', null,
        el('summary', null, `Example: ${example.summary}`),
        el('pre', {tabindex: 0}, el('code', null, pretty(example.value ?? example.externalValue)))))));
  }

  request(operation) {
    if (!operation.requestBody) return null;
    return el('details', null, el('summary', null, 'Body'), this.bodies(resolve(this.contract, operation.requestBody).content));
  }

  responses(operation) {
    return el('div', null, el('h4', null, 'Answers'), Object.entries(operation.responses).map(([status, node]) => {
      const response = resolve(this.contract, node);
      const [first, ...rest] = response.description.trim().split('\n\n');
      return el('details', {class: 'response'}, el('summary', null, el('span', {class: 'code', 'data-class': status[0]}, status),
        el('span', {class: 'plain'}, inline(first))),
      el('div', {class: 'indent'}, rest.length ? prose(rest.join('\n\n')) : null, this.headers(response.headers),
        this.bodies(response.content)));
    }));
  }

  headers(headers) {
    if (!headers) return null;
    return el('ul', {class: 'schema'}, Object.entries(headers).map(([name, node]) => el('li', null,
      el('span', {class: 'name'}, name), ' ', el('span', {class: 'sub plain'}, inline(resolve(this.contract, node).description.trim())))));
  }

  schema(name, node) {
    const schema = resolve(this.contract, node);
    return el('article', {class: 'card operation', id: `schema-${name}`}, el('h3', null, name),
      schema.description ? prose(schema.description) : null,
      members(this.contract, schema) ?? el('p', null, type(this.contract, {...schema})));
  }
}

async function main() {
  try {
    const response = await fetch('/openapi.yaml');
    const text = await response.text();
    // The core schema has no dates: what is text in JSON stays text.
    const docs = new Docs(globalThis.jsyaml.load(text, {schema: globalThis.jsyaml.CORE_SCHEMA}));
    docs.show();
    offerForm();
    onToken(() => {
      docs.write();
      if (!isLocked()) docs.findId();
    });
    await docs.findId();
  } catch (error) {
    byId('loading')?.replaceChildren(`openapi.yaml could not be read (${error.message}). `, el('a', {href: '/openapi.yaml'}, 'Look at it as it is.'));
  }
}
main();
