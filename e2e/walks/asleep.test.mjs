// The machine sleeps, the browser is killed, the network is another one all of a sudden.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { Scene, kept } from '../support/scene.mjs';
import { NO_SERVER, REFUSED } from '../support/troubles.mjs';
import { allRead, carried, heldExactly, numbered, shownExactly, unread } from '../support/whole.mjs';

const PROXY = /status of 502|Unexpected response code: 502|WebSocket is closed before/;
/** What the delivery contract gives a connection that says nothing, and room for a slow machine. */
const SILENCE = 35_000;
const SLOW = 60_000;

/** A browser of one's own, whose folder outlives it. */
function withFolder(steps) {
  return async (house) => {
    const folder = await mkdtemp(join(tmpdir(), 'hubbub-browser-'));
    try {
      await steps(house, folder);
    } finally {
      await Promise.all(house.people.map((person) => person.leave()));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  };
}

// Both wait as long as a silent connection is waited for, and so they do it at the same time.
walk('one sleeps longer than the server waits, another hears nothing any more, and both go on where they were', withFolder(async (house, folder) => {
  const scene = await Scene.set(house, { ada: { folder }, wen: { travels: true } });
  const { ada, wen, general, plans, a, w } = scene;
  a.troubles.expect(NO_SERVER);
  w.troubles.expect(PROXY, REFUSED);
  await scene.says(a, 'Good night');
  await scene.hears(w, 'Good night');
  await scene.drafts('and tomorrow');
  await eventually(async () => assert.equal((await carried(ada)).websocket, 2), 'both by WebSocket');

  await a.fallAsleep();
  // WebSockets fall silent for Wen, and events are held back.
  w.wire.silenceLive();
  w.wire.hoardAnswers();
  const texts = numbered(1, 5);
  for (const text of texts) await wen.say(general, text);
  scene.said.push(...texts);
  await wen.say(plans, 'Said in the night');
  // After 35 s without a word, and for Wen 10 s without any by events.
  await eventually(async () => {
    const { websocket, poll } = await carried(ada);
    assert.deepEqual({ websocket, poll }, { websocket: 0, poll: 1 });
  }, 'the server to see it, and Wen to poll', SILENCE + SLOW);
  await shownExactly(w, 'General', scene.said);
  await scene.says(w, 'By polls');
  a.wakeUp();

  await shownExactly(a, 'General', scene.said);
  assert.equal(await unread(ada, plans), 1);
  await eventually(async () => assert.ok(await a.desk.isUnread('Plans')), 'something to read');
  assert.equal(await a.room('General').composer.inputValue(), 'and tomorrow');
  await a.room('General').composer.press('Enter');
  scene.said.push('and tomorrow');
  await scene.hears(w, 'and tomorrow');
  await a.desk.openRoom('Plans');
  await allRead(ada, plans);
  await a.desk.openRoom('General');
  await scene.drafts('as soon as');
  await scene.isWhole();
}), { timeout: 240_000 });

walk('a browser that is killed while one writes loses nothing that it had', withFolder(async (house, folder) => {
  const scene = await Scene.set(house, { ada: { folder } });
  const { ada, general, w } = scene;
  w.troubles.expect(NO_SERVER);
  const begin = async () => {
    scene.a = await house.at(ada, `/r/${general.id}`, { folder });
    await scene.a.room('General').isOpen();
  };
  // In the middle of sending: what went is a beginning of what was said, the same for everybody.
  const texts = numbered(1, 8);
  for (const text of texts) await scene.a.room('General').say(text);
  await scene.hears(w, texts[0]);
  await scene.a.killBrowser();
  await begin();
  await eventually(async () => {
    scene.said = await scene.a.room('General').texts();
    assert.deepEqual(scene.said, texts.slice(0, scene.said.length));
    assert.ok(scene.said.length > 0);
    await heldExactly(ada, general, scene.said);
    assert.deepEqual(await w.room('General').texts(), scene.said);
    assert.deepEqual(await kept(scene.a), { held: [], rows: [], drafts: [] });
  }, 'the same everywhere', SLOW);

  // Without a server, so that all of it waits.
  await scene.waitsInPlans('Friday at ten');
  scene.a.troubles.expect(NO_SERVER);
  await house.server.kill();
  await scene.says(scene.a, 'Not gone out', 'nor this');
  await scene.readsPlans('Friday at ten');
  await scene.drafts('Half a thought');
  await scene.isKept();
  await scene.draftIsKept();
  await scene.a.killBrowser();
  await house.server.startAgain();
  await begin();
  await scene.isWhole();
}), { timeout: 180_000 });

walk('a draft outlives a browser that is killed as soon as it is kept, and comes back no more once it is sent', withFolder(async (house, folder) => {
  const scene = await Scene.set(house, { ada: { folder } });
  const { ada, general, w } = scene;
  const composer = () => scene.a.room('General').composer;
  const begin = async () => {
    scene.a = await house.at(ada, `/r/${general.id}`, { folder });
    scene.a.troubles.expect(NO_SERVER);
    await scene.a.room('General').isOpen();
  };
  w.troubles.expect(NO_SERVER);
  scene.a.troubles.expect(NO_SERVER);
  // The server has an older one, and is away when the browser is killed.
  await scene.drafts('Half a');
  const other = await house.at(ada, `/r/${general.id}`);
  await eventually(async () => {
    assert.equal(await other.room('General').composer.inputValue(), 'Half a');
  }, 'the draft on another device', SLOW);
  await other.leave();
  await house.server.kill();
  await scene.drafts('Half a thought');
  await scene.draftIsKept();
  await scene.a.killBrowser();
  await house.server.startAgain();
  await begin();
  await eventually(async () => assert.equal(await composer().inputValue(), 'Half a thought'), 'the draft', SLOW);

  // Sent, and killed at once.
  await composer().press('Enter');
  scene.said.push('Half a thought');
  scene.draft = '';
  await scene.hears(w, 'Half a thought');
  await eventually(async () => assert.deepEqual((await kept(scene.a)).drafts, []), 'no draft in the database');
  await scene.a.killBrowser();
  await begin();
  await scene.isWhole();
}), { timeout: 180_000 });

walk('on another network all of a sudden, the page finds it out and moves on', async (house) => {
  const scene = await Scene.set(house, {
    before: (person) => person.context.addInitScript(() => {
      globalThis.carrier = 'wifi';
      Object.defineProperty(navigator.connection, 'type', { get: () => globalThis.carrier });
    }),
  });
  const { a, w } = scene;
  await scene.says(a, 'On the train');
  await scene.hears(w, 'On the train');
  await scene.waitsInPlans('Read on the way');

  a.wire.moveElsewhere();
  await scene.says(w, 'Are you there?');
  await a.page.evaluate(() => dispatchEvent(new Event('online')));
  await eventually(() => a.room('General').message('Are you there?').isVisible(), 'the page to move on', SLOW);
  a.wire.moveElsewhere();
  await scene.says(a, ...numbered(1, 3));
  await scene.readsPlans('Read on the way');
  await scene.drafts('as I');
  await a.page.evaluate(() => {
    globalThis.carrier = 'cellular';
    navigator.connection.dispatchEvent(new Event('change'));
  });
  await scene.isWhole();
}, { timeout: 180_000 });
