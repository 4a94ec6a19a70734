// A browser that keeps nothing: full, forbidden, or that does not answer.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { Scene } from '../support/scene.mjs';
import { allRead, heldExactly, numbered, shownExactly } from '../support/whole.mjs';

/** Talks, loses the network and comes back, and reads: all of it as with a browser that keeps things. */
async function talks(house, before, meanwhile = async () => {}) {
  const scene = await Scene.set(house, { before });
  const { ada, wen, general, plans, a, w } = scene;
  await scene.says(w, 'Hello');
  await scene.hears(a, 'Hello');
  const texts = numbered(1, 4);
  await scene.says(a, texts[0]);
  await scene.hears(w, texts[0]);
  await wen.say(plans, 'Friday at ten');
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  await scene.says(a, ...texts.slice(1));
  await meanwhile(a);
  await a.comeBack();
  for (const person of [a, w]) await shownExactly(person, 'General', scene.said);
  await heldExactly(ada, general, scene.said);
  await a.desk.openRoom('Plans');
  await allRead(ada, plans);
  await a.desk.openRoom('General');
  return scene;
}

walk('a browser that is full says so, asks before it forgets, and one goes on talking', async (house) => {
  const scene = await talks(house, async (person) => {
    // What is set later, Chromium does not hold to at once. The storage beside the database has a limit of its own.
    const session = await person.context.newCDPSession(person.page);
    await session.send('Storage.overrideQuotaForOrigin', { origin: person.origin, quotaSize: 1_000 });
    await person.context.addInitScript(() => {
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
  await scene.drafts('Half a thought');
  const other = await house.at(scene.ada, `/r/${scene.general.id}`);
  await eventually(async () => {
    assert.equal(await other.room('General').composer.inputValue(), 'Half a thought');
  }, 'the draft on another device');
  await other.leave();
  await scene.isWhole();
  await scene.a.room('General').composer.press('Enter');
  await scene.hears(scene.w, 'Half a thought');
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
