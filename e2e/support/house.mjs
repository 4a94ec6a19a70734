// A place with people in it: what a walk begins with, and what it must leave behind in order.

import { after } from 'node:test';
import { mkdir, writeFile } from 'node:fs/promises';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { Account } from './account.mjs';
import { browser, closeBrowser } from './browser.mjs';
import { Server } from './server.mjs';
import { Person } from './person.mjs';
import { test } from './test.mjs';

export const ARTIFACTS = fileURLToPath(new URL('../artifacts/', import.meta.url));
const TIMEOUT = 90_000;

after(closeBrowser);

/**
 * A promise to the user. `steps` gets a house of its own; afterwards nobody in it may have met any
 * trouble. A walk that fails leaves pictures and the server's last words in `artifacts/`.
 * `timeout` is for each time that it is walked.
 *
 * @param {{arguments?: string[], timeout?: number}} options
 */
export function walk(promise, steps, options = {}) {
  test(promise, options.timeout ?? TIMEOUT, () => walkOnce(promise, steps, options));
}

async function walkOnce(promise, steps, options) {
  const house = await House.open(options);
  try {
    await steps(house);
    house.isInOrder();
  } catch (error) {
    await house.leaveTraces(promise);
    throw error;
  } finally {
    await house.close();
  }
}

export class House {
  people = [];

  static async open(options = {}) {
    const house = new House();
    house.server = await Server.start(options);
    return house;
  }

  /**
   * The first administrator and others, by the interface, and nobody at a page yet.
   * @returns {Promise<Account[]>} in the order of `people`, given as `{nick, name}`
   */
  async settle(...people) {
    const [first, ...others] = people;
    const setup = { site_name: 'Quayside', first_room: 'General', announcements: 'Announcements' };
    const administrator = await Account.register(this.server, { ...first, setup });
    return [administrator, ...await Promise.all(others.map((person) => Account.register(this.server, person)))];
  }

  /** Somebody at a browser, nobody's account yet. */
  async person(options = {}) {
    const person = await Person.arrive(await browser(), this.server, options);
    this.people.push(person);
    return person;
  }

  /** Somebody with an account, signed in, before any page is opened. */
  async signedIn(account, options = {}) {
    const person = await this.person(options);
    await person.takeSession(account);
    return person;
  }

  /** The same, in front of the page. */
  async at(account, path = '/', options = {}) {
    const person = await this.signedIn(account, options);
    await person.open(path);
    return person;
  }

  isInOrder() {
    for (const person of this.people) {
      assert.deepEqual(person.troubles.all, [], `what ${person.name} met`);
    }
  }

  async leaveTraces(promise) {
    await mkdir(ARTIFACTS, { recursive: true });
    const name = promise.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 80);
    await writeFile(join(ARTIFACTS, `failed-${name}.log`), this.server.log);
    for (const [number, person] of this.people.entries()) {
      for (const page of person.context.pages()) {
        await page.screenshot({ path: join(ARTIFACTS, `failed-${name}-${number}.png`) }).catch(() => {});
      }
      if (person.troubles.all.length > 0) console.error(`${person.name} met`, person.troubles.all);
    }
  }

  async close() {
    await Promise.all(this.people.map((person) => person.leave()));
    await this.server.remove();
  }
}
