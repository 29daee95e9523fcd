// curl - the command lines of an operation, made from the examples of the contract.
import {resolve} from './schema.js';

// As one word of a POSIX shell.
const quote = (text) => (/^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// The value of an example in the contract, as text to send; base64 in bytes.
function bodyOf(media, example) {
  if (example.externalValue) return {base64: example.externalValue.split(',')[1]};
  return {text: media.includes('json') && typeof example.value !== 'string' ? JSON.stringify(example.value) : example.value};
}

function send(body, options, url) {
  if (body.base64) return `echo ${body.base64} | base64 -d | curl ${options}--data-binary @- ${url}`;
  // Line ends would be lost in a copy of the line; printf has a way to write them.
  if (body.text.includes('\n'))
    return `printf ${quote(body.text.replaceAll('\\', '\\\\').replaceAll('%', '%%').replaceAll('\n', '\\n'))} | curl ${options}--data-binary @- ${url}`;
  return `curl ${options}--data-binary ${quote(body.text)} ${url}`;
}

const target = (url, query) => quote(query.length ? `${url}?${query.map(([name, value]) =>
  `${name}=${encodeURIComponent(value)}`).join('&')}` : url);

// An operation's lines: [{about, url, query, line}], the plain one first. `values` has the path's parameters.
// With `hasToken`, those of calls that ask for one show it, by the name it has in the shell.
export function curlLines(contract, origin, path, method, item, operation, values, hasToken) {
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map((node) => resolve(contract, node));
  const inPath = Object.fromEntries(parameters.filter((one) => one.in === 'path').map((one) => [one.name, one.example]));
  const url = origin + path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(values[name] ?? inPath[name]));
  const token = hasToken && operation.security?.length !== 0 ? '-H "Authorization: Bearer $PRIMED_TOKEN" ' : '';
  if (operation.requestBody) return posts(contract, operation.requestBody, url, token);
  const options = (method === 'get' ? '' : `-X ${method.toUpperCase()} `) + token;
  // A cursor comes from an answer: one made up would only lead to an empty page.
  const query = parameters.filter((one) => one.in === 'query' && one.name !== 'after').map((one) => [one.name, one.example]);
  const lines = [{about: '', address: url, line: `curl ${options}${target(url, [])}`}];
  if (query.length) lines.push({about: 'with every option', address: `${url}?${new URLSearchParams(query)}`,
    line: `curl ${options}${target(url, query)}`});
  return lines;
}

function posts(contract, node, url, token) {
  const {content} = resolve(contract, node);
  return Object.entries(content).flatMap(([media, {examples}]) =>
    Object.values(examples).map((one) => {
      const example = resolve(contract, one);
      // What curl itself sends needs no option.
      const options = (media === 'application/x-www-form-urlencoded' ? '' : `-H 'Content-Type: ${media}' `) + token;
      return {about: example.summary, address: url, line: send(bodyOf(media, example), options, quote(url))};
    }));
}
