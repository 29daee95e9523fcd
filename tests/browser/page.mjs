// page - the live page: numbers, batches, workers, theme, keyboard, and a service that goes away and comes back.
import {assert, check, equal, until} from './harness.mjs';

const mersenne = (exponent) => ((2n ** BigInt(exponent)) - 1n).toString();
const heavy = (count) => Array(count).fill(mersenne(9689)); // so big that one of two workers is left to others

// A batch that is under way as long as a check needs it.
const postHeavy = (service, rest = {}) => service.call('POST', '/v1/batches', {numbers: heavy(200), ...rest});

const rowOf = (page, id) => page.locator('#batches tbody tr', {has: page.locator(`a[title="${id}"]`)});
const state = (page, text) => page.locator('#state', {hasText: text}).waitFor();
const texts = (locator) => locator.allTextContents();

export async function pageChecks(service, browser) {
  const that = (name, run) => check(browser, `page: ${name}`, run);

  await that('an empty service says so, and shows its workers', async () => {
    const page = await browser.open('/');
    await state(page, 'Running');
    await page.getByText('No batches yet.').waitFor();
    equal(await page.locator('#workers tbody tr').count(), 2, 'rows of workers');
    equal(await texts(page.locator('#workers tbody .badge')), ['idle', 'idle'], 'states of workers');
    await until(async () => await page.locator('.plots .value').first().textContent() === '0', 'no throughput');
    equal(await page.locator('.plots svg.plot').count(), 3, 'plots');
  });

  await that('numbers of any size get their verdicts', async () => {
    const page = await browser.open('/');
    await page.fill('#numbers', `18446744073709551557, 91 -7\n${mersenne(127)}\n9007199254740993`);
    await page.click('#try button[type=submit]');
    await page.getByText('2 prime, 3 not prime').waitFor();
    const rows = page.locator('#verdicts tbody tr');
    const read = (column) => texts(rows.locator(`> :nth-child(${column})`));
    equal(await read(1), ['18446744073709551557', '91', '-7', '170141183460469231…687303715884105727', '9007199254740993'], 'numbers');
    equal(await read(2), ['prime, proven', 'not prime, proven', 'not prime, proven', 'prime, probable', 'not prime, proven'], 'verdicts');
    assert((await read(3)).every((time) => /^[\d.]+ (s|ms|µs|ns)$/.test(time)), 'a time for each');
    await until(async () => await page.locator('#batches tbody tr').count() === 1, 'the batch in the list');
  });

  await that('a bad number is named at the field, and nothing is kept', async () => {
    const page = await browser.open('/');
    browser.expect(/status of 422/);
    const before = (await service.call('GET', '/v1/batches')).batches.length;
    await page.fill('#numbers', '2, 3 12x 5');
    await page.click('#try button[type=submit]');
    const error = page.locator('#numbers-error');
    await error.waitFor();
    assert((await error.textContent()).startsWith('Number 3: "12x"'), `the error to name the number; came ${await error.textContent()}`);
    equal(await page.getAttribute('#numbers', 'aria-invalid'), 'true', 'aria-invalid');
    equal(await page.evaluate(() => getSelection().toString()), '12x', 'what is selected');
    equal((await service.call('GET', '/v1/batches')).batches.length, before, 'batches');
    await page.keyboard.type('7');
    await error.waitFor({state: 'hidden'});
    equal(await page.inputValue('#numbers'), '2, 3 7 5', 'the number typed over');
    await page.fill('#numbers', ' \n');
    await page.click('#try button[type=submit]');
    await page.getByText('There is no number yet.').waitFor();
  });

  await that('the progress of a big batch moves, and it can be canceled and deleted', async () => {
    const page = await browser.open('/');
    await page.fill('#numbers', heavy(100).join('\n'));
    await page.selectOption('#priority', '8');
    await page.click('#try button[type=submit]');
    await page.locator('#verdicts tbody tr').first().waitFor(); // verdicts come while it runs
    const {id} = (await service.call('GET', '/v1/batches?limit=1')).batches[0];
    const row = rowOf(page, id);
    const progress = () => row.locator('progress').evaluate((element) => element.value);
    await until(async () => await progress() > 0, 'some progress');
    const first = await progress();
    await until(async () => await progress() > first, 'more progress');
    await row.getByText('priority 8,').waitFor();
    await until(async () => (await texts(page.locator('#workers .badge'))).includes('running'), 'a running worker');

    await row.getByRole('button', {name: 'Cancel'}).click();
    await page.getByRole('button', {name: 'Keep it'}).click();
    assert((await service.call('GET', `/v1/batches/${id}`)).status === 'running', 'the batch to go on');
    await row.getByRole('button', {name: 'Cancel'}).click();
    await page.getByRole('button', {name: 'Cancel the batch'}).click();
    await row.getByText('canceled').waitFor();
    await page.locator('#verdicts .summary', {hasText: 'without a verdict, in'}).waitFor();

    await row.getByRole('button', {name: 'Delete'}).click();
    await page.keyboard.press('Escape');
    equal(await row.count(), 1, 'rows of the batch');
    await row.getByRole('button', {name: 'Delete'}).click();
    await page.getByRole('button', {name: 'Delete the batch'}).click();
    await row.waitFor({state: 'detached'});
    equal((await service.call('GET', `/v1/batches/${id}`)).status, 410, 'the status of a deleted batch');
  });

  await that('results are a link away in each format', async () => {
    const {id} = await service.call('POST', '/v1/batches?wait=10', {numbers: [2, 91]});
    const page = await browser.open('/');
    const links = rowOf(page, id).locator('.links a');
    await links.first().waitFor();
    equal(await texts(links), ['JSON', 'NDJSON', 'CSV', 'Text'], 'formats');
    await links.nth(3).click();
    await until(async () => /\b2 {2}P /.test(await page.locator('body').textContent()), 'the table of results');
  });

  await that('the list is filtered, and turned page by page', async () => {
    await service.clear();
    for (let i = 0; i < 30; i++) await service.call('POST', '/v1/batches?wait=10', {numbers: [i]});
    const {id} = await postHeavy(service);
    await service.call('POST', `/v1/batches/${id}/cancel`);
    const page = await browser.open('/');
    const ids = () => page.locator('#batches tbody .id').evaluateAll((all) => all.map((one) => one.title));
    await until(async () => (await ids()).length === 12, 'a page of 12');
    const seen = [...await ids()];
    for (const [number, length] of [[2, 12], [3, 7]]) {
      await page.click('#older');
      await page.getByText(`Page ${number}`).waitFor();
      await until(async () => (await ids()).length === length && !seen.includes((await ids())[0]), `page ${number}`);
      seen.push(...await ids());
    }
    equal(new Set(seen).size, 31, 'batches on all pages');
    assert(await page.isDisabled('#older'), 'no older page');
    await page.click('#newer');
    await until(async () => (await ids())[0] === seen[12], 'page 2 again');
    await page.selectOption('#status', 'canceled');
    await until(async () => JSON.stringify(await ids()) === JSON.stringify([id]), 'the one canceled batch');
    await page.selectOption('#status', 'queued');
    await page.getByText('No batch is queued.').waitFor();
  });

  await that('plots are read off by pointer and by keys', async () => {
    const page = await browser.open('/');
    await state(page, 'Running'); // what was before is not known to the page
    await service.call('POST', '/v1/batches?wait=10', {numbers: [2]});
    await until(async () => /ms|µs/.test(await page.locator('.plots .value').nth(2).textContent()), 'a latency');
    const plot = page.locator('svg.plot').first();
    assert(/^Throughput over the last/.test(await plot.getAttribute('aria-label')), 'the plot in words');
    await plot.hover({position: {x: 300, y: 50}});
    const readout = page.locator('.readout').first();
    await until(async () => /ago/.test(await readout.textContent()), 'a readout for the pointer');
    await page.mouse.move(0, 0);
    await until(async () => await readout.textContent() === '', 'no readout without it');
    await plot.focus();
    await page.keyboard.press('Home');
    await until(async () => /ago/.test(await readout.textContent()), 'a readout for the keys');
    equal(await readout.getAttribute('aria-live'), 'polite', 'aria-live');
  });

  await that('the theme is the system\'s until the button is pressed, and again after', async () => {
    const page = await browser.open('/', {colorScheme: 'light'});
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await ground();
    await page.emulateMedia({colorScheme: 'dark'});
    await until(async () => await ground() !== light, 'the system\'s dark theme');
    const dark = await ground();
    await page.click('#theme');
    equal(await ground(), light, 'the ground in the light theme');
    equal(await page.getAttribute('#theme', 'aria-pressed'), 'false', 'aria-pressed');
    await page.reload();
    equal(await ground(), light, 'the ground after a reload');
    await page.click('#theme');
    equal(await ground(), dark, 'the ground in the dark theme');
    await page.emulateMedia({colorScheme: 'light'});
    await until(async () => await ground() === light, 'the system\'s theme again');
  });

  await that('everything is reached by keyboard alone, and seen to have the focus', async () => {
    const {id} = await postHeavy(service);
    const page = await browser.open('/');
    await rowOf(page, id).waitFor();
    const focused = () => page.evaluate(() => {
      const element = document.activeElement;
      return {name: element.id || element.getAttribute('aria-label') || element.className.baseVal || element.textContent,
        outline: element.matches(':focus-visible') && getComputedStyle(element).outlineStyle !== 'none'};
    });
    const walk = async (to) => {
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press('Tab');
        const {name, outline} = await focused();
        assert(outline, `an outline around ${name}`);
        if (name === to) return;
      }
      throw new Error(`${to} is not reached`);
    };
    await walk('Skip to content');
    await page.keyboard.press('Enter');
    await walk('numbers');
    await page.keyboard.type('97 98');
    await page.keyboard.press('Control+Enter');
    await page.getByText('1 prime, 1 not prime').waitFor();
    await walk('priority');
    await walk('workers');
    await walk('status');
    await walk(`Cancel batch ${id.slice(-6)}`);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await rowOf(page, id).getByText('canceled').waitFor();
  });

  await that('a hidden page asks nothing', async () => {
    const page = await browser.open('/');
    await state(page, 'Running');
    let asked = 0;
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', {value: 'hidden', configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.waitForLoadState('networkidle');
    page.on('request', () => asked++);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 2500))); // more than two intervals
    equal(asked, 0, 'requests of a hidden page');
    await page.evaluate(() => {
      delete document.visibilityState;
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await until(() => asked > 0, 'requests of a page that is seen again');
  });

  await that('a service that is killed is unreachable, and its return is noticed', async () => {
    const page = await browser.open('/');
    browser.expect(/ERR_CONNECTION_(REFUSED|RESET)|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE/);
    await state(page, 'Running');
    await service.stop('SIGKILL');
    await state(page, 'Unreachable');
    await page.getByText('The service has not answered since').waitFor();
    await page.fill('#numbers', '2');
    await page.click('#try button[type=submit]');
    await page.getByText('The service does not answer.').waitFor();
    await service.start();
    await state(page, 'Running');
    await page.locator('#unreachable').waitFor({state: 'hidden'});
    await page.click('#try button[type=submit]');
    await page.getByText('1 prime, 0 not prime').waitFor();
  });
}
