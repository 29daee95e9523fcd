// dom - making elements. Text is always set as text, so nothing a client sent can become markup.

const SVG = 'http://www.w3.org/2000/svg';

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null));
  return element;
}

// el('a', {href: '/'}, 'home'): attributes may be null; `onclick` and its like take functions.
export const el = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
export const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);
export const byId = (id) => document.getElementById(id);

// One of the marks of index.html; it goes with a word, so readers of the screen are spared it.
export const mark = (name) => svg('svg', {class: 'mark', 'aria-hidden': 'true'}, svg('use', {href: `#mark-${name}`}));

// Set a text only if it is another: what has not changed is not drawn, or read out, again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const announce = (text) => setText(byId('announce'), text);
