// Several tabs of one person: each sends, one is closed, and nobody can tell from outside.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { allRead, heldExactly, numbered, shownExactly } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const CRASHED = /the page crashed/;

const waits = (person, text) => person.room('General').message(text).getByText('Waiting for connection').waitFor();

walk('what waits in a tab that is closed goes out by another one, once and in order', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const first = await house.at(ada, `/r/${general.id}`, { travels: true });
  first.troubles.expect(CRASHED);
  await first.room('General').isOpen();
  const second = await first.secondTab(`/r/${general.id}`);
  await second.room('General').isOpen();
  const w = await house.at(wen, `/r/${general.id}`);
  await w.room('General').isOpen();

  await first.goOffline();
  await first.desk.connection.getByText('No connection.').waitFor();
  const texts = numbered(1, 9);
  for (const text of texts.slice(0, 3)) await first.room('General').say(text);
  await waits(first, texts[2]);
  await first.page.close({ runBeforeUnload: true });
  await second.room('General').hears(texts[2]);
  for (const text of texts.slice(3, 6)) await second.room('General').say(text);
  await second.comeBack();
  await shownExactly(second, 'General', texts.slice(0, 6));
  await shownExactly(w, 'General', texts.slice(0, 6));

  // In the middle of sending, and without a word.
  const third = await second.secondTab(`/r/${general.id}`);
  await third.room('General').hears(texts[5]);
  await third.room('General').say(texts[6]);
  await third.page.close();
  await shownExactly(second, 'General', texts.slice(0, 7));
  const fourth = await second.secondTab(`/r/${general.id}`);
  await fourth.room('General').hears(texts[6]);
  await second.goOffline();
  await fourth.desk.connection.getByText('No connection.').waitFor();
  for (const text of texts.slice(7)) await fourth.room('General').say(text);
  await waits(fourth, texts[8]);
  const kept = () => fourth.page.evaluate(() => Object.keys(localStorage).every((key) => !key.startsWith('hubbub.held/')));
  await eventually(kept, 'the database to have it');
  const session = await fourth.context.newCDPSession(fourth.page);
  const crashed = fourth.page.waitForEvent('crash');
  session.send('Page.crash').catch(() => {});
  await crashed;
  await fourth.page.close();
  await second.comeBack();
  await shownExactly(second, 'General', texts);
  await shownExactly(w, 'General', texts);
  await heldExactly(ada, general, texts);
}, { timeout: 240_000 });

walk('drafts and what is read are the same in every tab', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  const first = await house.at(ada, `/r/${general.id}`);
  await first.room('General').isOpen();
  const second = await first.secondTab(`/r/${general.id}`);
  await second.room('General').isOpen();
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
  await second.page.bringToFront();
  await second.room('General').composer.press('Enter');
  await shownExactly(second, 'General', ['Begun in one tab']);
  await first.desk.openRoom('General');
  await shownExactly(first, 'General', ['Begun in one tab']);
  assert.equal(await first.room('General').composer.inputValue(), '');
});
