// Who has read what, and who wants that to be known.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const NOOR = { nick: 'noor', name: 'Noor Haddad' };

const seenBy = (person, count) => person.page.getByRole('button', { name: `Seen by ${count}` });

walk('in a room one sees who has read one\'s message, and may keep it to oneself', async (house) => {
  const [ada, wen, noor] = await house.settle(ADA, WEN, NOOR);
  const plans = await ada.makeRoom('Plans', 'closed');
  await ada.add(plans, wen);
  await ada.add(plans, noor);
  const a = await house.at(ada, `/r/${plans.id}`);
  await a.room('Plans').isOpen();
  await a.room('Plans').say('Who has seen this?');
  const w = await house.at(wen, `/r/${plans.id}`);
  await w.room('Plans').hears('Who has seen this?');
  await seenBy(a, 1).waitFor();
  // Where each has come, a face says: Wen has read all, Noor nothing yet.
  await ada.say(plans, 'And this?');
  await w.room('Plans').hears('And this?');
  const faces = (text) => a.room('Plans').message(text).locator('.faces');
  await eventually(async () => assert.equal(await faces('And this?').getAttribute('title'), 'Wen Zhou'), 'a face');
  assert.equal(await faces('Who has seen').count(), 0, 'where she was');
  await a.screenshot('seen-faces');
  const n = await house.at(noor, `/r/${plans.id}`);
  await n.room('Plans').hears('Who has seen this?');
  await seenBy(a, 2).click();
  await a.desk.dialog.getByText('Wen Zhou', { exact: true }).waitFor();
  await a.desk.dialog.getByText('Noor Haddad', { exact: true }).waitFor();
  await a.page.keyboard.press('Escape');
  // Asked again when the room is opened anew.
  await a.open(`/r/${plans.id}`);
  await seenBy(a, 2).waitFor();

  await w.settings.at('preferences');
  await w.settings.choice('Nobody sees it').check();
  await seenBy(a, 1).waitFor();
  await a.desk.sidebar.waitFor();

  await a.open('/admin/place');
  await a.page.getByRole('radio', { name: 'Nobody sees it', exact: true }).check();
  await a.desk.toast('Saved').waitFor();
  await a.open(`/r/${plans.id}`);
  await a.room('Plans').hears('Who has seen this?');
  await eventually(async () => assert.equal(await seenBy(a, 1).count(), 0), 'nobody sees it');
});
