// token - the secret the pages show the service, where it asks for one. It is kept in the session of this tab alone, and goes
// nowhere but into the header of requests to the service that served the page.
import {announce, byId, el, setText} from './dom.js';

const STORED = 'token';
const PUBLIC = /^\/(|docs|openapi\.yaml|page\/.*|healthz|readyz)$/;

function restore() {
  try {
    return sessionStorage.getItem(STORED) ?? '';
  } catch {
    return ''; // storage may be forbidden
  }
}

let token = restore();
let missing = false; // the service has asked for one, or another, since the last was given
const listeners = [];

export const hasToken = () => token !== '';
export const isLocked = () => missing;
export const authorization = () => (token ? {Authorization: `Bearer ${token}`} : {});

// Call that whenever a token was given, forgotten or refused.
export const onToken = (listener) => listeners.push(listener);

function change(text, isMissing) {
  token = text;
  missing = isMissing;
  try {
    sessionStorage.setItem(STORED, token);
  } catch { /* then it is gone with the page */ }
  for (const listener of listeners) listener();
}

// The service answered a request that carried this header with 401.
export function refuse(header) {
  if (missing || header !== authorization().Authorization) return; // it has been said, or another was given meanwhile
  missing = true;
  for (const listener of listeners) listener();
}

// The form, first on the page while the service asks, and the button that forgets.
export function offerForm() {
  const field = el('input', {id: 'token', type: 'password', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off',
    'aria-describedby': 'token-note token-error'});
  const error = el('p', {id: 'token-error', class: 'error', role: 'alert'});
  const form = el('form', {id: 'ask-token', class: 'card ask-token', hidden: true, novalidate: true, 'aria-labelledby': 'token-title'},
    el('h2', {id: 'token-title'}, 'This service asks for a token'),
    el('label', {for: 'token'}, 'Token'),
    el('div', null, field, el('button', {type: 'submit', class: 'primary'}, 'Use it')), error,
    el('p', {id: 'token-note', class: 'sub'}, 'Whoever runs the service hands them out. It is kept until this tab is closed, and sent to this service alone.'));
  const forget = el('button', {id: 'forget', type: 'button', class: 'quiet', hidden: true, onclick: () => {
    change('', true);
    announce('The token is forgotten.');
  }}, 'Forget token');

  const complain = (text) => {
    setText(error, text);
    if (text) field.setAttribute('aria-invalid', 'true');
    else field.removeAttribute('aria-invalid');
  };
  field.addEventListener('input', () => complain(''));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (/^[\w.~+/-]+=*$/.test(text)) change(text, false);
    else complain(text ? 'That is no token: it has letters, digits and - . _ ~ + / = alone.' : 'There is no token yet.');
  });
  const show = () => {
    const appears = missing && form.hidden;
    form.hidden = !missing;
    forget.hidden = missing || !token;
    if (missing) complain(token ? 'The service does not know this token.' : '');
    else field.value = '';
    if (appears || (missing && token)) field.select();
    if (appears) field.focus();
  };
  byId('main').prepend(form);
  byId('theme').before(forget);
  onToken(show);
  show();
}

// A link can show no token: what it leads to is fetched with it, and opened from here.
document.addEventListener('click', async (event) => {
  const link = event.target.closest('a[href]');
  if (!token || !link || event.button !== 0 || link.origin !== location.origin || PUBLIC.test(link.pathname)) return;
  event.preventDefault();
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey;
  announce('Fetching.');
  try {
    const response = await fetch(link.href, {headers: authorization(), cache: 'no-store'});
    const body = await response.blob();
    const address = URL.createObjectURL(response.ok ? body : new Blob([body], {type: 'application/json'}));
    if (elsewhere) open(address);
    else location.assign(address);
  } catch {
    announce('The service does not answer.');
  }
});
