// A browser that keeps nothing: full, forbidden, or that does not answer.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { allRead, heldExactly, numbered, shownExactly } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

/** Talks, loses the network and comes back, and reads: all of it as with a browser that keeps things. */
async function talks(house, prepare, meanwhile = async () => {}) {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await wen.say(plans, 'Friday at ten');
  const a = await house.signedIn(ada, { travels: true });
  await prepare(a);
  await a.open(`/r/${general.id}`);
  const w = await house.at(wen, `/r/${general.id}`);
  for (const person of [a, w]) await person.room('General').isOpen();
  await w.room('General').say('Hello');
  await a.room('General').hears('Hello');
  const texts = numbered(1, 4);
  await a.room('General').say(texts[0]);
  await w.room('General').hears(texts[0]);
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  for (const text of texts.slice(1)) await a.room('General').say(text);
  await meanwhile(a);
  await a.comeBack();
  for (const person of [a, w]) await shownExactly(person, 'General', ['Hello', ...texts]);
  await heldExactly(ada, general, ['Hello', ...texts]);
  await a.desk.openRoom('Plans');
  await allRead(ada, plans);
  return { ada, general, a, w };
}

walk('a browser that is full says so, asks before it forgets, and one goes on talking', async (house) => {
  const { a, w, general } = await talks(house, async (person) => {
    await person.context.addInitScript(() => {
      // Its own quota cannot be set so that Chromium holds to it at once.
      IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };
      let part = 'x'.repeat(1 << 20);
      for (let at = 0; part; at += 1) {
        try { localStorage.setItem(`filling.${at}`, part); } catch { part = part.slice(0, part.length / 2); }
      }
    });
  }, async (person) => {
    await person.desk.connection.getByText('This browser has no room to keep what you write').waitFor();
    await person.screenshot('storage-full');
    const asked = person.page.waitForEvent('dialog');
    await person.page.close({ runBeforeUnload: true });
    const question = await asked;
    assert.equal(question.type(), 'beforeunload');
    await question.dismiss();
  });
  // What is being written is at the server in a moment, and so it is here again.
  await a.desk.openRoom('General');
  await a.room('General').composer.fill('Half a thought');
  const other = await house.at(house.people[0].account, `/r/${general.id}`);
  await eventually(async () => {
    assert.equal(await other.room('General').composer.inputValue(), 'Half a thought');
  }, 'the draft on another device');
  await a.page.reload();
  await eventually(async () => {
    assert.equal(await a.room('General').composer.inputValue(), 'Half a thought');
  }, 'the draft again');
  await a.room('General').composer.press('Enter');
  await w.room('General').hears('Half a thought');
});

walk('where the page may keep nothing at all, one talks as anywhere else', async (house) => {
  await talks(house, (person) => person.context.addInitScript(() => {
    const refuse = () => { throw new DOMException('denied', 'SecurityError'); };
    for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
      Object.defineProperty(globalThis, name, { get: refuse, configurable: true });
    }
  }), (person) => person.desk.connection.getByText('This browser has no room to keep what you write').waitFor());
});

walk('a database that does not answer holds nothing up', async (house) => {
  await talks(house, (person) => person.context.addInitScript(() => {
    IDBFactory.prototype.open = () => new EventTarget();
  }));
});
