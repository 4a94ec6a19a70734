// The machine sleeps, the browser is killed, the network is another one all of a sudden.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { NO_SERVER } from '../support/troubles.mjs';
import { allRead, heldExactly, numbered, shownExactly, unread } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
/** What the delivery contract gives a connection that says nothing, and room for a slow machine. */
const SILENCE = 35_000;
const SLOW = 60_000;

async function connections(account) {
  const answer = await fetch(`${account.server.url}/metrics`, { headers: { authorization: `Bearer ${account.token}` } });
  const rows = (await answer.text()).matchAll(/^hubbub_connections\{[^}]*\} (\d+)/gm);
  return [...rows].reduce((sum, [, count]) => sum + Number(count), 0);
}

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

walk('after a sleep longer than the server waits, one goes on where one was', withFolder(async (house, folder) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const a = await house.at(ada, `/r/${general.id}`, { folder });
  const w = await house.at(wen, `/r/${general.id}`);
  a.troubles.expect(NO_SERVER);
  for (const person of [a, w]) await person.room('General').isOpen();
  await a.room('General').say('Good night');
  await w.room('General').hears('Good night');
  await a.room('General').composer.fill('and tomorrow');
  await eventually(async () => assert.equal(await connections(ada), 2), 'both connected');

  await a.fallAsleep();
  await wen.say(plans, 'Said in the night');
  await w.room('General').say('Sleep well');
  await eventually(async () => assert.equal(await connections(ada), 1), 'the server to see it', SILENCE + SLOW);
  const texts = numbered(1, 4);
  for (const text of texts) await w.room('General').say(text);
  a.wakeUp();

  await shownExactly(a, 'General', ['Good night', 'Sleep well', ...texts]);
  assert.equal(await unread(ada, plans), 1);
  await eventually(async () => assert.ok(await a.desk.isUnread('Plans')), 'something to read');
  assert.equal(await a.room('General').composer.inputValue(), 'and tomorrow');
  await a.room('General').composer.press('Enter');
  const all = ['Good night', 'Sleep well', ...texts, 'and tomorrow'];
  await shownExactly(w, 'General', all);
  await shownExactly(a, 'General', all);
  await heldExactly(ada, general, all);
}), { timeout: 180_000 });

walk('a browser that is killed while one writes loses nothing that it had', withFolder(async (house, folder) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await wen.say(plans, 'Friday at ten');
  const begin = async () => {
    const person = await house.at(ada, `/r/${general.id}`, { folder });
    person.troubles.expect(NO_SERVER);
    await person.room('General').isOpen();
    return person;
  };
  const w = await house.at(wen, `/r/${general.id}`);
  w.troubles.expect(NO_SERVER);
  await w.room('General').isOpen();

  let a = await begin();
  await a.desk.openRoom('Plans');
  await allRead(ada, plans);
  await a.room('Plans').composer.fill('Half a thought');
  const other = await house.at(ada, `/r/${plans.id}`);
  await eventually(async () => {
    assert.equal(await other.room('Plans').composer.inputValue(), 'Half a thought');
  }, 'the draft on another device');
  await other.page.close();
  // Without a server, so that all of it waits.
  await a.desk.openRoom('General');
  await house.server.kill();
  const texts = numbered(1, 12);
  for (const text of texts.slice(0, 4)) await a.room('General').say(text);
  const kept = () => a.page.evaluate(() => Object.keys(localStorage).every((key) => !key.startsWith('hubbub.held/')));
  await eventually(kept, 'the database to have it');
  await a.killBrowser();
  await house.server.startAgain();
  a = await begin();
  await shownExactly(a, 'General', texts.slice(0, 4));
  await shownExactly(w, 'General', texts.slice(0, 4));

  // In the middle of sending: what went is a beginning of what was said, the same for everybody.
  for (const text of texts.slice(4)) await a.room('General').say(text);
  await w.room('General').hears(texts[4]);
  await a.killBrowser();
  a = await begin();
  await eventually(async () => {
    const shown = await a.room('General').texts();
    assert.deepEqual(shown, texts.slice(0, shown.length));
    assert.ok(shown.length > 4);
    await heldExactly(ada, general, shown);
    assert.deepEqual(await w.room('General').texts(), shown);
  }, 'the same everywhere', SLOW);
  assert.ok(!(await a.desk.isUnread('Plans')));
  await a.desk.openRoom('Plans');
  await shownExactly(a, 'Plans', ['Friday at ten']);
  assert.equal(await a.room('Plans').composer.inputValue(), 'Half a thought');
}), { timeout: 180_000 });

walk('on another network all of a sudden, the page finds it out and moves on', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/r/${general.id}`, { travels: true });
  const w = await house.at(wen, `/r/${general.id}`);
  for (const person of [a, w]) await person.room('General').isOpen();
  await a.room('General').say('On the train');
  await w.room('General').hears('On the train');
  await a.room('General').composer.fill('as I');

  a.wire.moveElsewhere();
  await w.room('General').say('Are you there?');
  await a.page.evaluate(() => dispatchEvent(new Event('online')));
  await eventually(() => a.room('General').message('Are you there?').isVisible(), 'the page to move on', SILENCE);
  assert.equal(await a.room('General').composer.inputValue(), 'as I');
  const said = numbered(1, 3);
  a.wire.moveElsewhere();
  for (const text of said) await a.room('General').say(text);
  await a.page.evaluate(() => dispatchEvent(new Event('online')));
  const all = ['On the train', 'Are you there?', ...said];
  await shownExactly(a, 'General', all);
  await shownExactly(w, 'General', all);
  await heldExactly(ada, general, all);
});
