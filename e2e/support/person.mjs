// Somebody at a browser.

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Admin } from '../pages/admin.mjs';
import { Browse } from '../pages/browse.mjs';
import { Desk } from '../pages/desk.mjs';
import { FirstRun, Register, Reset, SignIn } from '../pages/entrance.mjs';
import { Room } from '../pages/room.mjs';
import { Settings } from '../pages/settings.mjs';
import { Switcher } from '../pages/switcher.mjs';
import { words } from '../pages/words.mjs';
import { browserIn, processes } from './browser.mjs';
import { PATIENCE } from './conditions.mjs';
import { NO_SERVER, Troubles } from './troubles.mjs';
import { Wire } from './wire.mjs';

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
const ARTIFACTS = fileURLToPath(new URL('../artifacts/', import.meta.url));

export class Person {
  /**
   * @param {{name?: string, locale?: string, theme?: 'light'|'dark', size?: {width: number, height: number},
   *   touch?: boolean, calm?: boolean, origin?: string, travels?: boolean, folder?: string}} options
   *   `travels`: will be out of reach at times; `folder`: has a browser of their own, which keeps all there
   */
  static async arrive(browser, server, options) {
    const person = new Person();
    person.server = server;
    if (options.travels) person.wire = await Wire.lay(server.port);
    person.origin = options.origin ?? person.wire?.url ?? server.url;
    person.name = options.name ?? 'somebody';
    person.words = words(options.locale ?? 'en');
    const settings = {
      baseURL: person.origin,
      locale: options.locale ?? 'en-GB',
      colorScheme: options.theme ?? 'light',
      viewport: options.size ?? DESKTOP,
      hasTouch: options.touch ?? false,
      isMobile: options.touch ?? false,
      // Without motion nothing has to be waited for that is only seen.
      reducedMotion: (options.calm ?? true) ? 'reduce' : 'no-preference',
    };
    person.context = await (options.folder ? browserIn(options.folder, settings) : browser.newContext(settings));
    person.context.setDefaultTimeout(PATIENCE);
    person.troubles = new Troubles(person.context, person.origin);
    if (options.travels) person.troubles.expect(NO_SERVER);
    await Troubles.listen(person.context);
    person.page = await person.context.newPage();
    return person;
  }

  async open(path = '/') {
    await this.page.goto(path);
  }

  /** Another tab of the same browser, as a person of its own with the same session. */
  async secondTab(path = '/') {
    const twin = Object.create(Object.getPrototypeOf(this), Object.getOwnPropertyDescriptors(this));
    twin.page = await this.context.newPage();
    await twin.open(path);
    return twin;
  }

  /** As if signed in before: the browser has the cookie of the account's session. */
  async takeSession(account) {
    this.name = account.name ?? account.nick;
    this.account = account;
    const [pair] = account.cookie.split(';');
    const at = pair.indexOf('=');
    await this.context.addCookies([{
      name: pair.slice(0, at), value: pair.slice(at + 1), url: this.origin, httpOnly: true, sameSite: 'Lax',
    }]);
  }

  /** Only for somebody who travels. */
  async goOffline() {
    // In this order: a browser that is told to be offline may keep to itself that a socket has ended.
    this.wire.cut();
    await this.context.setOffline(true);
  }

  async comeBack() {
    this.wire.mend();
    await this.context.setOffline(false);
  }

  /** Only for somebody with a browser of their own: the machine sleeps, and wakes. */
  async fallAsleep() {
    this.asleep = await processes(this.context, 'renderer');
    for (const id of this.asleep) process.kill(id, 'SIGSTOP');
  }

  wakeUp() {
    for (const id of this.asleep) process.kill(id, 'SIGCONT');
    this.asleep = [];
  }

  /** Only for somebody with a browser of their own: it is gone, with all that it was about to do. */
  async killBrowser() {
    const [id] = await processes(this.context, 'browser');
    const closed = new Promise((resolve) => { this.context.once('close', resolve); });
    process.kill(id, 'SIGKILL');
    await closed;
  }

  async screenshot(name) {
    await mkdir(ARTIFACTS, { recursive: true });
    await this.page.screenshot({ path: `${ARTIFACTS}${name}.png` });
  }

  async leave() {
    if (this.asleep?.length) this.wakeUp();
    await this.context.close();
    this.wire?.remove();
  }

  get signIn() { return new SignIn(this); }
  get register() { return new Register(this); }
  get firstRun() { return new FirstRun(this); }
  get reset() { return new Reset(this); }
  get desk() { return new Desk(this); }
  get switcher() { return new Switcher(this); }
  get settings() { return new Settings(this); }
  get admin() { return new Admin(this); }
  get browse() { return new Browse(this); }
  room(name) { return new Room(this, name); }
}
