// A choice is made when it is made.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { carried } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };

walk('what one chooses in the settings holds, however soon one leaves', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada, '/settings/preferences', { travels: true });
  await a.settings.choice('Dark').waitFor();
  await eventually(async () => assert.equal((await carried(ada)).websocket, 1), 'a live connection');
  // All of it is on its way when she leaves; of what she chose first nothing is to come last.
  a.wire.holdBack();
  await a.settings.choice('Light').check();
  await a.settings.choice('Dark').check();
  await a.settings.choice('Nobody sees it').check();
  await a.open('about:blank');
  await a.wire.letGo();
  await eventually(async () => {
    const { settings } = await ada.ask('GET', 'me');
    assert.equal(settings.theme, 'dark');
    assert.equal(settings.receipts, 'hidden');
  }, 'both choices at the server');
  await a.open('/settings/preferences');
  await eventually(() => a.settings.choice('Dark').isChecked(), 'the choice');

  // Without a network it is refused in words, and is as it was.
  await a.goOffline();
  await a.settings.choice('Light').click();
  await a.desk.toast('That was not saved, so it is back as it was').waitFor();
  await eventually(() => a.settings.choice('Dark').isChecked(), 'the choice as it was');
});
