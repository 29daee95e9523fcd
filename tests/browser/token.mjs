// token - a service that asks for a token: the form, its header on every request, and that it is forgotten.
import {assert, check, equal, until} from './harness.mjs';

const RIGHT = 'primed_0123456789abcdef0123456789abcdef';
const GUARDED = /^\/(v1\/|metrics$)/;

// A guard between browser and service, which lets in who has the token. What it saw: [path, header].
async function guard(context, seen) {
  await context.route((url) => GUARDED.test(url.pathname), async (route) => {
    const header = route.request().headers().authorization ?? null;
    seen.push([new URL(route.request().url()).pathname, header]);
    if (header === `Bearer ${RIGHT}`) return route.continue();
    return route.fulfill({status: 401, headers: {'WWW-Authenticate': 'Bearer'}, contentType: 'application/problem+json',
      body: JSON.stringify({type: '/problems/unauthorized', title: 'Unauthorized', status: 401, detail: 'a token is needed', instance: '/'})});
  });
}

export async function tokenChecks(service, browser) {
  const that = (name, run) => check(browser, `token: ${name}`, run);
  const seen = [];
  const open = async (path, options) => {
    const page = await browser.open(path, options, (context) => guard(context, seen));
    browser.expect(/status of 401/);
    return page;
  };
  const give = async (page, token) => {
    await page.fill('#token', token);
    await page.click('#ask-token button[type=submit]');
  };

  await that('the page asks for it, tells a wrong one, and shows nothing before', async () => {
    await service.call('POST', '/v1/batches?wait=10', {numbers: [2]});
    const page = await open('/');
    await page.locator('#state', {hasText: 'Token needed'}).waitFor();
    equal(await page.evaluate(() => document.activeElement.id), 'token', 'the focus');
    equal(await page.getAttribute('#token', 'type'), 'password', 'the type of the field');
    assert(!await page.isVisible('#batches') && !await page.isVisible('#forget'), 'the form alone');
    await page.click('#ask-token button[type=submit]');
    await page.getByText('There is no token yet.').waitFor();
    await give(page, 'Bearer of news');
    await page.getByText('That is no token').waitFor();
    const asked = seen.length;
    equal(seen.every(([, header]) => header === null), true, 'no header so far');
    await give(page, 'wrong');
    await page.getByText('The service does not know this token.').waitFor();
    equal(seen.length > asked && seen.at(-1)[1], 'Bearer wrong', 'the header');
  });

  await that('with the right one all works, and every request shows it', async () => {
    await service.clear();
    const page = await open('/');
    await page.locator('#ask-token').waitFor();
    await give(page, ` ${RIGHT} `);
    await page.locator('#state', {hasText: 'Running'}).waitFor();
    await page.locator('#ask-token').waitFor({state: 'hidden'});
    seen.length = 0;
    await page.fill('#numbers', '97 91');
    await page.click('#try button[type=submit]');
    await page.getByText('1 prime, 1 not prime').waitFor();
    const row = page.locator('#batches tbody tr').first();
    await row.getByText('completed').waitFor();
    assert(seen.some(([path]) => path.endsWith('/events')) && seen.some(([path]) => path.endsWith('/results')), 'events and results');
    await row.getByRole('link', {name: /^Text/}).click();
    await until(async () => page.url().startsWith('blob:') && /97 {2}P /.test(await page.locator('body').textContent()), 'the table of results');
    await page.goBack();
    await page.locator('#state', {hasText: 'Running'}).waitFor();
    await row.getByRole('button', {name: /^Delete/}).click();
    await page.getByRole('button', {name: 'Delete the batch'}).click();
    await page.getByText('No batches yet.').waitFor();
    equal(seen.filter(([, header]) => header !== `Bearer ${RIGHT}`), [], 'requests without it');
    equal(await page.evaluate(() => Object.values(localStorage).join()), '', 'what is kept beyond the session');
  });

  await that('it is kept for the tab, and forgotten by a button', async () => {
    const page = await open('/');
    await page.locator('#ask-token').waitFor();
    await give(page, RIGHT);
    await page.locator('#state', {hasText: 'Running'}).waitFor();
    await page.reload();
    await page.locator('#state', {hasText: 'Running'}).waitFor();
    await page.getByRole('button', {name: 'Forget token'}).click();
    await page.locator('#ask-token').waitFor();
    equal(await page.inputValue('#token'), '', 'the field');
    seen.length = 0;
    await page.reload();
    await page.locator('#state', {hasText: 'Token needed'}).waitFor();
    equal(seen.filter(([, header]) => header), [], 'requests with it');
  });

  await that('the lines of the contract show it by its name in the shell', async () => {
    const {id} = await service.call('POST', '/v1/batches?wait=10', {numbers: [2]});
    const page = await open('/docs');
    const line = page.locator('#getBatch .curl').first();
    await page.getByText('The service asks for a token before').waitFor();
    assert(!/PRIMED_TOKEN/.test(await line.textContent()), 'no header without one');
    await give(page, RIGHT);
    await until(async () => await page.inputValue('#id') === id, 'the newest batch');
    equal(await line.textContent(), `curl -H "Authorization: Bearer $PRIMED_TOKEN" ${service.url}/v1/batches/${id}`, 'the line');
    assert(!(await page.locator('#paper').textContent()).includes(RIGHT), 'the token to be nowhere on the page');
    await page.locator('#getBatch').getByRole('button', {name: /^Try it/}).first().click();
    await page.getByText('200 OK, application/json').waitFor();
  });
}
