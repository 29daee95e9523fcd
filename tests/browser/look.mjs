// look - both pages in both themes, wide and narrow: no violation that axe-core finds, nothing beyond the edge.
import {axeSource, check, equal} from './harness.mjs';
import {guard} from './token.mjs';

const NARROWEST = 320; // held to fit, and no more
const SIZES = [[1280, 900], [360, 740], [NARROWEST, 640]];
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

// Names of rules and where they are broken.
async function violations(page) {
  await page.evaluate(axeSource); // the policy of the page forbids to add it as a script
  return page.evaluate(async (values) => (await globalThis.axe.run(document, {runOnly: {type: 'tag', values}})).violations
    .map(({id, nodes}) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).slice(0, 3).join(' | ')}`), RULES);
}

const beyond = (page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

export async function lookChecks(service, browser) {
  await service.clear();
  await service.call('POST', '/v1/batches?wait=10', {numbers: [2, 91, -7]});
  const heavy = {numbers: Array(200).fill(((2n ** 9689n) - 1n).toString()), priority: 1};
  const busy = async (page) => {
    await service.call('POST', '/v1/batches', heavy);
    await page.fill('#numbers', `97 ${2n ** 127n - 1n} 91`);
    await page.click('#try button[type=submit]');
    await page.getByText('2 prime, 1 not prime').waitFor();
    await page.locator('#batches progress:visible').first().waitFor();
    browser.expect(/status of 422/);
    await page.fill('#numbers', '1.5');
    await page.click('#try button[type=submit]');
    await page.locator('#numbers-error').waitFor();
  };
  const asked = async (page) => {
    await page.getByRole('button', {name: /^Delete batch/}).first().click();
    await page.getByRole('dialog').waitFor();
  };
  const opened = async (page) => {
    await page.locator('#schemas').waitFor();
    // Two calls or schemas of a kind, unfolded, stand for the others: axe-core takes long over so many.
    await page.locator('.group article:nth-of-type(n+3)').evaluateAll((all) => all.forEach((one) => one.remove()));
    await page.locator('details').evaluateAll((all) => all.forEach((one) => { one.open = true; }));
  };
  const locked = async (page) => {
    browser.expect(/status of 401/);
    await page.fill('#token', 'wrong');
    await page.click('#ask-token button[type=submit]');
    await page.getByText('does not know this token').waitFor();
  };
  const views = [['the live page at work', '/', busy], ['its dialog', '/', asked], ['the form for a token', '/', locked, guard],
    ['the contract', '/docs', opened]];
  for (const [name, path, prepare, before] of views) {
    await check(browser, `look: ${name}, in both themes, wide and narrow`, async () => {
      const page = await browser.open(path, {reducedMotion: 'reduce'}, before);
      await prepare(page);
      for (const [width, height] of SIZES) {
        await page.setViewportSize({width, height});
        equal(await beyond(page), 0, `pixels beyond the edge of ${width}`);
        for (const colorScheme of width === NARROWEST ? [] : ['light', 'dark']) {
          await page.emulateMedia({colorScheme});
          equal(await violations(page), [], `violations, ${colorScheme}, ${width} wide`);
        }
      }
    });
  }
  await service.clear();
}
