// The page that shows all ways of two-way communication side by side.

import assert from 'node:assert/strict';
import { equip, violations } from '../support/axe.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WAYS = ['WebSocket', 'Server-sent events', 'HTTP streaming', 'Iframe stream', 'Long-polling', 'Polling'];

const lane = (page, name) => page.getByRole('region', { name, exact: true });

walk('six ways show the same room live, and each of them writes to it', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/transports#${general.id}`);
  for (const way of WAYS) await lane(a.page, way).getByText('open', { exact: true }).waitFor();
  await ada.say(general, 'From elsewhere <b>&amp;');
  for (const way of WAYS) await lane(a.page, way).getByText('From elsewhere <b>&amp;').waitFor();
  for (const way of WAYS) {
    await lane(a.page, way).getByRole('textbox', { name: `Write by ${way}` }).fill(`Written by ${way}`);
    await lane(a.page, way).getByRole('button', { name: 'Send' }).click();
    for (const other of WAYS) await lane(a.page, other).getByText(`Written by ${way}`).waitFor();
  }
  for (const way of WAYS) {
    const texts = await lane(a.page, way).getByRole('log').getByRole('listitem').allInnerTexts();
    assert.equal(texts.length, 1 + WAYS.length, `${way}: ${texts}`);
    for (const figure of ['Bytes each', 'Delay']) {
      const shown = lane(a.page, way).locator('div').filter({ hasText: figure }).locator('dd');
      assert.match(await shown.innerText(), /^[\d,]+( ms)?$/);
    }
  }
  await a.screenshot('transports');
  await a.page.emulateMedia({ colorScheme: 'dark' });
  await a.screenshot('transports-dark');
});

walk('all ways go on where they were after the server was killed', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/transports#${general.id}`);
  a.troubles.expect(/net::ERR_/, /WebSocket connection/, /Failed to load/);
  for (const way of WAYS) await lane(a.page, way).getByText('open', { exact: true }).waitFor();
  await house.server.kill();
  await house.server.startAgain();
  await ada.say(general, 'After the night');
  for (const way of WAYS) await lane(a.page, way).getByText('After the night').waitFor({ timeout: 60_000 });
  // The frame notices by the heartbeats that stay away.
  await eventually(async () => {
    for (const way of WAYS) assert.ok(await lane(a.page, way).getByText('open', { exact: true }).isVisible(), way);
  }, 'all open again', 30_000);
  await ada.say(general, 'All here?');
  for (const way of WAYS) {
    await lane(a.page, way).getByText('All here?').waitFor();
    const texts = await lane(a.page, way).getByRole('log').getByRole('listitem').allInnerTexts();
    assert.deepEqual(texts.map((text) => text.replace('Ada Obi ', '').trim()), ['After the night', 'All here?'], way);
  }
}, { timeout: 150_000 });

walk('the page of all ways is Chinese to whoever reads Chinese, and fits a phone', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const a = await house.at(ada, `/transports#${general.id}`, { locale: 'zh-CN', size: PHONE, touch: true });
  await a.page.getByRole('heading', { level: 1, name: '六种双向通信方式' }).waitFor();
  for (const way of ['WebSocket', '服务器推送事件', 'HTTP流', 'Iframe流', '长轮询', '轮询']) {
    await lane(a.page, way).getByText('已连接').waitFor();
  }
  await ada.say(general, '大家好');
  await lane(a.page, '轮询').getByText('大家好').waitFor();
  const { scroll, client } = await a.page.evaluate(() => ({
    scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth,
  }));
  assert.ok(scroll <= client, `${scroll} wide in ${client}`);
  await a.screenshot('transports-zh-phone');
});

walk('the page of all ways is for everybody', async (house) => {
  const [ada] = await house.settle(ADA);
  for (const options of [{}, { theme: 'dark', size: PHONE }]) {
    const a = await house.signedIn(ada, options);
    await equip(a);
    await a.open('/transports');
    for (const way of WAYS) await lane(a.page, way).getByText('open', { exact: true }).waitFor();
    assert.deepEqual(await violations(a, 'transports'), []);
  }
});
