// Firefox, told what to do by the words of WebDriver (https://www.w3.org/TR/webdriver2/).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { words } from '../pages/words.mjs';
import { eventually } from './conditions.mjs';
import { freePort, needed } from './server.mjs';

const ARTIFACTS = fileURLToPath(new URL('../artifacts/', import.meta.url));
/** How WebDriver says which element is meant. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';
const ENTER = '\uE007';
/** A machine that does much else starts a browser slowly. */
const SLOW = 60_000;

/** The driver, one a file of walks. */
let driver;

async function start() {
  const port = await freePort();
  const child = spawn(needed('HUBBUB_GECKODRIVER'), ['--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    assert.equal(child.exitCode, null, 'geckodriver ended');
    return (await (await fetch(`${url}/status`)).json()).value.ready;
  }, 'geckodriver', SLOW);
  return { child, url };
}

export async function closeDriver() {
  if (!driver) return;
  const { child } = await driver;
  driver = undefined;
  const ended = once(child, 'exit');
  child.kill();
  await ended;
}

/** Somebody at a Firefox of their own. Elements are found by what people know them by: role and name. */
export class AtFirefox {
  #session;

  /** @param {{locale?: string, size?: {width: number, height: number}}} options */
  static async arrive(server, { locale = 'en-GB', size } = {}) {
    driver ??= start();
    const person = new AtFirefox();
    person.server = server;
    person.words = words(locale);
    person.driver = (await driver).url;
    person.profile = await mkdtemp(join(tmpdir(), 'hubbub-firefox-'));
    const answer = await person.#ask('POST', '', {
      capabilities: {
        alwaysMatch: {
          browserName: 'firefox',
          'moz:firefoxOptions': {
            binary: needed('HUBBUB_FIREFOX'),
            args: ['-headless', '-profile', person.profile],
            prefs: {
              'intl.accept_languages': locale,
              'app.update.enabled': false,
              'network.captive-portal-service.enabled': false,
              'network.connectivity-service.enabled': false,
              'datareporting.policy.dataSubmissionEnabled': false,
            },
          },
        },
      },
    });
    person.#session = answer.sessionId;
    person.version = answer.capabilities.browserVersion;
    if (size) await person.resize(size);
    return person;
  }

  async #ask(method, path, body) {
    const session = this.#session ? `/${this.#session}` : '';
    const answer = await fetch(`${this.driver}/session${session}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
    });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  open(path = '/') {
    return this.#ask('POST', '/url', { url: `${this.server.url}${path}` });
  }

  reload() {
    return this.#ask('POST', '/refresh');
  }

  /** The size of what the page has for itself. */
  async resize({ width, height }) {
    const around = await this.run('return [outerWidth - innerWidth, outerHeight - innerHeight]');
    await this.#ask('POST', '/window/rect', { width: width + around[0], height: height + around[1] });
  }

  run(script, ...given) {
    return this.#ask('POST', '/execute/sync', { script, args: given });
  }

  async #find(selector) {
    const found = await this.#ask('POST', '/elements', { using: 'css selector', value: selector });
    return found.map((reference) => reference[ELEMENT]);
  }

  /** The element among `selector` whose accessible name this is. */
  named(selector, name) {
    return eventually(async () => {
      for (const element of await this.#find(selector)) {
        if (await this.#ask('GET', `/element/${element}/computedlabel`) === name) return element;
      }
      throw new Error(`no ${selector} is called ${name}`);
    }, `${name} at Firefox`, SLOW);
  }

  async click(selector, name) {
    const element = await this.named(selector, name);
    await this.#ask('POST', `/element/${element}/click`);
  }

  async type(selector, name, text) {
    const element = await this.named(selector, name);
    await this.#ask('POST', `/element/${element}/value`, { text });
  }

  async signIn({ nick, password }) {
    await this.type('input', this.words.nick, nick);
    await this.type('input', this.words.password, password);
    await this.click('button', this.words.signIn);
  }

  say(room, text) {
    return this.type('textarea', this.words.messageTo(room), `${text}${ENTER}`);
  }

  typed(room) {
    return this.run('return [...document.querySelectorAll("textarea")].find((area) => area.ariaLabel === arguments[0])?.value', this.words.messageTo(room));
  }

  /** All messages in sight, in their order, once they are these. */
  sees(room, expected) {
    return eventually(async () => {
      const texts = await this.run(
        'return [...document.querySelectorAll("[role=log]")].filter((log) => log.ariaLabel === arguments[0])'
        + '.flatMap((log) => [...log.querySelectorAll("article .msg__body")].map((body) => body.innerText.trim()))',
        this.words.messagesIn(room),
      );
      assert.deepEqual(texts, expected);
    }, `${room} at Firefox`, SLOW);
  }

  async screenshot(name) {
    await mkdir(ARTIFACTS, { recursive: true });
    await writeFile(join(ARTIFACTS, `${name}.png`), Buffer.from(await this.#ask('GET', '/screenshot'), 'base64'));
  }

  async leave() {
    await this.#ask('DELETE', '');
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
