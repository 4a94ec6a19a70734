// A test that is run once more, and named, if it fails among all of them.

import { test as run } from 'node:test';

/** Set where all tests are run. */
const AGAIN = process.env.HUBBUB_TEST_AGAIN === '1';

/** `once` makes its own place each time. `timeout` is for each time, in milliseconds. */
export function test(name, timeout, once) {
  run(name, { timeout: timeout * (AGAIN ? 2 : 1) }, async (context) => {
    try {
      await once();
    } catch (error) {
      if (!AGAIN) throw error;
      context.diagnostic(`failed once: ${name}: ${error.stack}`);
      await once();
    }
  });
}
