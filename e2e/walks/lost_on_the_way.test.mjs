// What was committed and told, but lost before it came here, is found by the next heartbeat.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { allRead } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

walk('a change of one\'s own, of somebody else and of one\'s rooms is found though word of it was lost', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const w = await house.signedIn(wen);
  const lost = { user_event: 0, person_changed: 0, joined: 0, event: 0 };
  let own = 0;
  let directory = 0;
  let say;
  await w.page.routeWebSocket(/\/ws/, (near) => {
    const far = near.connectToServer();
    say = (frame) => near.send(JSON.stringify(frame));
    far.onMessage((text) => {
      const frame = JSON.parse(text);
      if (!(frame.type in lost)) return near.send(text);
      lost[frame.type] += 1;
      if (frame.type === 'user_event') own = frame.version;
      if (frame.type === 'person_changed') directory = frame.directory;
    });
  });
  await w.open(`/r/${general.id}`);
  await w.room('General').isOpen();
  const theme = () => w.page.evaluate(() => document.documentElement.dataset.theme ?? '');
  const before = await theme();

  const { settings } = await wen.ask('GET', 'me');
  await wen.ask('PATCH', 'me', { settings: { ...settings, theme: 'dark' } });
  await eventually(() => lost.user_event > 0, 'a change of her own that is lost');
  assert.equal(await theme(), before);
  say({ type: 'heartbeat', heads: {}, user: own });
  await eventually(async () => assert.notEqual(await theme(), before), 'her theme');

  await ada.ask('PATCH', 'me', { name: 'Ada Adichie' });
  await eventually(() => directory > 0, 'a change of Ada that is lost');
  say({ type: 'heartbeat', heads: {}, directory });
  await w.page.getByText('Ada Adichie').first().waitFor();

  const plans = await ada.makeRoom('Plans', 'closed');
  await ada.add(plans, wen);
  await eventually(() => lost.joined > 0, 'a room that is lost');
  assert.equal(await w.desk.link('Plans').count(), 0);
  say({ type: 'heartbeat', heads: { [plans.id]: 3 } });
  await w.desk.link('Plans').waitFor();
});

walk('how far one has read is told again when the server cannot take it just now', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  await ada.add(plans, wen);
  await ada.say(plans, 'Friday at ten');
  const w = await house.signedIn(wen);
  let refused = 0;
  await w.page.routeWebSocket(/\/ws/, (near) => {
    const far = near.connectToServer();
    near.onMessage((text) => {
      const { id, command } = JSON.parse(text);
      if (command?.type !== 'mark_read' || refused === 2) return far.send(text);
      refused += 1;
      near.send(JSON.stringify({ type: 'refused', id, error: { code: 'unavailable' } }));
    });
  });
  await w.open(`/r/${plans.id}`);
  await w.room('Plans').hears('Friday at ten');
  await allRead(wen, plans);
  assert.equal(refused, 2);
});
