// main PRIMED - the pages, used by a browser as people use them, on a service that is started for it.
import {Browser, finish, Service} from './harness.mjs';
import {docsChecks} from './docs.mjs';
import {lookChecks} from './look.mjs';
import {pageChecks} from './page.mjs';
import {tokenChecks} from './token.mjs';

const service = new Service(process.argv[2]);
const browser = new Browser(service);
try {
  await service.start();
  await browser.start();
  await pageChecks(service, browser);
  await tokenChecks(service, browser);
  await docsChecks(service, browser);
  await lookChecks(service, browser);
  finish();
} finally {
  await browser.chromium?.close();
  service.remove();
}
