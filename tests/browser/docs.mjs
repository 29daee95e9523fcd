// docs - the contract as a page: all of it, and command lines that work.
import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {assert, check, equal, jsYaml, jsYamlFile, until} from './harness.mjs';

const METHODS = new Set(['get', 'put', 'post', 'delete', 'patch']);

// Run a line in a shell; curl itself fails on a status of 400 or more.
const shell = (line) => new Promise((resolve) => {
  execFile('sh', ['-c', line.replaceAll('curl ', 'curl --fail-with-body --silent --show-error --max-time 30 ')],
    (error, out, err) => resolve({status: error ? error.code : 0, out, err}));
});

export async function docsChecks(service, browser) {
  const that = (name, run) => check(browser, `docs: ${name}`, run);
  const contract = jsYaml.load(readFileSync('openapi.yaml', 'utf8'), {schema: jsYaml.CORE_SCHEMA});

  await that('the library that reads the contract is the published one', async () => {
    assert(readFileSync('server/http/page/vendor/js-yaml.min.js').equals(readFileSync(jsYamlFile)), 'the very file of the package');
  });

  await that('every call, parameter, answer and schema of the contract is there', async () => {
    const page = await browser.open('/docs');
    await page.locator('#schemas').waitFor();
    for (const [path, item] of Object.entries(contract.paths)) {
      for (const [method, operation] of Object.entries(item).filter(([name]) => METHODS.has(name))) {
        const article = page.locator(`#${operation.operationId}`);
        equal(await article.locator('> header').textContent(), `${method.toUpperCase()}${path}${operation.summary}`, 'the head of a call');
        equal(await article.locator('.response .code').allTextContents(), Object.keys(operation.responses), `answers of ${operation.operationId}`);
        assert(await article.locator('.curl').count() > 0, `a line for ${operation.operationId}`);
      }
    }
    for (const name of Object.keys(contract.components.schemas)) equal(await page.locator(`#schema-${name}`).count(), 1, `the schema ${name}`);
    equal(await page.locator('a[href^="#"]').evaluateAll((links) => links.filter((link) =>
      !document.getElementById(link.hash.slice(1))).map((link) => link.hash)), [], 'links that lead nowhere');
    assert(!/undefined|\[object/.test(await page.locator('#paper').textContent()), 'no mark of a mistake in the text');
  });

  await that('every line that is shown works', async () => {
    await service.clear();
    const page = await browser.open('/docs');
    await page.getByText('There is no batch yet').waitFor();
    await page.click('#make');
    await page.getByText('A batch of three numbers was made.').waitFor();
    const lines = await page.locator('pre').evaluateAll((all) => all.map((pre) => pre.textContent).flatMap((text) => text.split('\n'))
      .filter((line) => /(^|\$ |\| )curl /.test(line)).map((line) => line.replace(/^\$ /, '')));
    const shown = await page.locator('.curl').count();
    assert(shown > 20 && lines.length >= shown, `all of the lines; came ${lines.length} of ${shown}`);
    // What deletes the batch comes last, whatever its place on the page.
    const deletes = (line) => line.includes('-X DELETE');
    for (const line of [...lines.filter((one) => !deletes(one)), ...lines.filter(deletes)]) {
      assert(line.includes(service.url), `the address of this service in: ${line}`);
      const {status, out, err} = await shell(line);
      assert(status === 0, `success of: ${line}; came ${status} ${out} ${err}`);
    }
    assert((await service.call('GET', '/v1/batches?limit=1000')).batches.some(({counts}) => counts.total === 4), 'the batches of the lines');
  });

  await that('an answer is tried and a line is copied', async () => {
    const {id} = await service.call('POST', '/v1/batches?wait=10', {numbers: [2, 91]});
    const page = await browser.open('/docs', {permissions: ['clipboard-read', 'clipboard-write']});
    await until(async () => await page.inputValue('#id') === id, 'the newest batch');
    const article = page.locator('#getBatch');
    await article.getByRole('button', {name: /^Try it/}).first().click();
    await article.getByText('200 OK, application/json').waitFor();
    equal(JSON.parse(await article.locator('.answer pre').textContent()).id, id, 'the batch that is shown');
    await article.getByRole('button', {name: /^Copy/}).first().click();
    await article.getByText('Copied').waitFor();
    equal(await page.evaluate(() => navigator.clipboard.readText()), `curl ${service.url}/v1/batches/${id}`, 'what is copied');
    const events = page.locator('#followBatch');
    await events.getByRole('button', {name: /^Try it/}).click();
    await until(async () => /event: end/.test(await events.locator('.answer').textContent()), 'the end of the stream');
    browser.expect(/status of 404/);
    await page.fill('#id', '019abc12-3456-7def-8123-000000000000');
    await article.getByRole('button', {name: /^Try it/}).first().click();
    await article.getByText('404 Not Found').waitFor();
  });
}
