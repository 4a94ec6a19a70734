// Several tabs of one person: each sends, one is closed, and nobody can tell from outside.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { Scene } from '../support/scene.mjs';
import { allRead, numbered, shownExactly } from '../support/whole.mjs';

const CRASHED = /the page crashed/;

const waits = (person, text) => person.room('General').message(text).getByText('Waiting for connection').waitFor();

walk('several tabs are as one, and what waits in one that is closed goes out by another, once and in order', async (house) => {
  const scene = await Scene.set(house);
  const { ada, wen, general, plans, a: first, w } = scene;
  first.troubles.expect(CRASHED);
  const open = async () => {
    const tab = await first.secondTab(`/r/${general.id}`);
    await tab.room('General').isOpen();
    return tab;
  };
  const second = await open();

  // Drafts, and what is read.
  await first.page.bringToFront();
  await first.room('General').composer.fill('Begun in one tab');
  await eventually(async () => {
    assert.equal(await second.room('General').composer.inputValue(), 'Begun in one tab');
  }, 'the draft in the other tab');
  await wen.say(plans, 'Read in one tab');
  for (const tab of [first, second]) {
    await eventually(async () => assert.ok(await tab.desk.isUnread('Plans')), 'something to read');
  }
  await first.desk.openRoom('Plans');
  await allRead(ada, plans);
  for (const tab of [first, second]) {
    await eventually(async () => assert.ok(!(await tab.desk.isUnread('Plans'))), 'nothing to read');
  }
  await first.desk.openRoom('General');
  await second.page.bringToFront();
  await second.room('General').composer.press('Enter');
  scene.said.push('Begun in one tab');
  for (const tab of [second, first]) await shownExactly(tab, 'General', scene.said);
  assert.equal(await first.room('General').composer.inputValue(), '');

  // Both are there when the connection is back: one sends it, not both.
  const texts = numbered(1, 12);
  await first.page.bringToFront();
  await first.goOffline();
  await first.desk.connection.getByText('No connection.').waitFor();
  await scene.says(first, ...texts.slice(0, 3));
  await waits(first, texts[2]);
  await first.comeBack();
  for (const person of [first, second, w]) await shownExactly(person, 'General', scene.said);

  // One is closed before.
  await scene.waitsInPlans('Read in a tab that was closed');
  await first.goOffline();
  await first.desk.connection.getByText('No connection.').waitFor();
  await scene.says(first, ...texts.slice(3, 6));
  await waits(first, texts[5]);
  await scene.readsPlans('Read in a tab that was closed');
  await first.page.close({ runBeforeUnload: true });
  await second.page.bringToFront();
  await second.room('General').hears(texts[5]);
  await scene.says(second, ...texts.slice(6, 9));
  await second.comeBack();
  for (const person of [second, w]) await shownExactly(person, 'General', scene.said);

  // In the middle of sending, and without a word.
  const third = await open();
  await third.room('General').hears(texts[8]);
  await scene.says(third, texts[9]);
  await third.page.close();
  await shownExactly(second, 'General', scene.said);
  const fourth = await open();
  await fourth.room('General').hears(texts[9]);
  await second.goOffline();
  await fourth.desk.connection.getByText('No connection.').waitFor();
  await scene.says(fourth, ...texts.slice(10));
  await waits(fourth, texts[11]);
  await scene.isKept(fourth);
  const session = await fourth.context.newCDPSession(fourth.page);
  const crashed = fourth.page.waitForEvent('crash');
  session.send('Page.crash').catch(() => {});
  await crashed;
  await fourth.page.close();
  await second.page.bringToFront();
  await second.comeBack();
  scene.a = second;
  await scene.drafts('And in another');
  await scene.isWhole();
}, { timeout: 240_000 });
