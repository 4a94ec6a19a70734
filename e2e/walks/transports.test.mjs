// Where a WebSocket does not get through, the conversation goes on by another way.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { REFUSED } from '../support/troubles.mjs';
import { carried, heldExactly } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const PROXY = /status of 502|Unexpected response code: 502|WebSocket is closed before/;

const texts = (from, to) => Array.from({ length: to - from + 1 }, (_, at) => `Message ${from + at}`);

/** Ada looks at a room through a proxy that refuses WebSockets. */
const withoutWebSockets = async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const a = await house.signedIn(ada, { travels: true });
  a.troubles.expect(PROXY, REFUSED);
  a.wire.refuseUpgrades();
  await a.open(`/r/${general.id}`);
  return { ada, wen, general, a };
};

walk('behind a proxy that knows no WebSockets one talks by events, and climbs back', async (house) => {
  const { ada, wen, general, a } = await withoutWebSockets(house);
  const w = await house.at(wen, `/r/${general.id}`);
  await a.room('General').isOpen();
  await w.room('General').isOpen();
  await eventually(async () => (await carried(ada)).events === 1, 'a connection by events');

  // Two people on different ways.
  await w.room('General').say('By WebSocket');
  await a.room('General').hears('By WebSocket');
  await a.room('General').say('By events');
  await w.room('General').hears('By events');
  await w.room('General').message('By events').waitFor();

  // Back in the middle of a conversation.
  const said = texts(1, 30);
  const saying = (async () => {
    for (const text of said) await wen.say(general, text);
  })();
  a.wire.mend();
  await a.page.evaluate(() => dispatchEvent(new Event('online')));
  await saying;
  await eventually(async () => {
    const { events, websocket } = await carried(ada);
    return events === 0 && websocket === 2;
  }, 'a WebSocket again');
  await a.room('General').say('Back again');
  await w.room('General').endsWith('Message 30', 'Back again');
  await a.room('General').endsWith(...said, 'Back again');
  await heldExactly(ada, general, ['By WebSocket', 'By events', ...said, 'Back again']);
});

walk('a tab that had no use for a WebSocket does not try one first when it is back', async (house) => {
  const { ada, wen, general, a } = await withoutWebSockets(house);
  await a.room('General').isOpen();
  await eventually(async () => (await carried(ada)).events === 1, 'a connection by events');
  const tried = a.wire.upgrades;
  assert.ok(tried > 0);
  await a.page.reload();
  await a.room('General').isOpen();
  await wen.say(general, 'By events');
  await a.room('General').hears('By events');
  await eventually(async () => (await carried(ada)).events === 1, 'a connection by events');
  assert.equal(a.wire.upgrades, tried, 'no WebSocket is tried before');

  // It is tried in the background, and then it is the first again.
  a.wire.mend();
  await a.page.evaluate(() => dispatchEvent(new Event('online')));
  await eventually(async () => (await carried(ada)).websocket === 1, 'a WebSocket again');
  await a.page.reload();
  await a.room('General').hears('By events');
  await eventually(async () => {
    const { events, websocket } = await carried(ada);
    return events === 0 && websocket === 1;
  }, 'a WebSocket from the beginning');
});

walk('the settings say what carries the connection, and why', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.signedIn(ada, { travels: true });
  a.troubles.expect(PROXY, REFUSED);
  await a.open('/settings/sessions');
  const section = a.page.getByRole('region', { name: 'Connection of this page' });
  await section.getByText('By WebSocket, the shortest way').waitFor();
  a.wire.refuseUpgrades();
  a.wire.cutLive();
  await section.getByText('By server-sent events').waitFor();
  await section.getByText('A WebSocket could not be opened').waitFor();
  await a.screenshot('transports-settings');
});

walk('cut again and again, the page changes its way and loses nothing', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/r/${general.id}`, { travels: true });
  a.troubles.expect(PROXY, REFUSED);
  const w = await house.at(wen, `/r/${general.id}`);
  for (const person of [a, w]) await person.room('General').isOpen();
  const said = texts(1, 24);
  for (const [at, text] of said.entries()) {
    if (at === 6 || at === 12) {
      await eventually(async () => (await carried(ada)).websocket === 2, 'both by WebSocket');
      a.wire.cutLive();
    }
    await (at % 2 === 0 ? a : w).room('General').say(text);
  }
  await eventually(async () => (await carried(ada)).events === 1, 'a connection by events');
  await a.room('General').say('Still here');
  for (const person of [a, w]) {
    await eventually(async () => {
      const shown = await person.room('General').log.getByText(/^(Message \d+|Still here)$/).allTextContents();
      assert.deepEqual([...shown].sort(), [...said, 'Still here'].sort());
    });
  }
  assert.equal((await ada.messages(general)).length, said.length + 1);
});
