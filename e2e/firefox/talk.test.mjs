// The same page in Firefox, with somebody at Chromium on the other side.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { eventually } from '../support/conditions.mjs';
import { AtFirefox, closeDriver } from '../support/firefox.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';
import { NO_SERVER } from '../support/troubles.mjs';
import { heldExactly, shownExactly } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

after(closeDriver);

async function withFirefox(house, options, steps) {
  const person = await AtFirefox.arrive(house.server, options);
  try {
    await steps(person);
  } catch (error) {
    await person.screenshot(`failed-firefox-${options.locale ?? 'en'}`).catch(() => {});
    throw error;
  } finally {
    await person.leave();
  }
}

const fits = async (person) => {
  const over = await person.run('return document.documentElement.scrollWidth - innerWidth');
  assert.ok(over <= 0, `${over} px wider than the window`);
};

walk('at Firefox one signs in, talks, and misses nothing when the server is killed', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const w = await house.at(wen, `/r/${general.id}`);
  w.troubles.expect(NO_SERVER);
  await w.room('General').isOpen();
  await withFirefox(house, {}, async (a) => {
    await a.open(`/login?next=${encodeURIComponent(`/r/${general.id}`)}`);
    await a.signIn(ada);
    await a.say('General', 'Hello from Firefox');
    await w.room('General').hears('Hello from Firefox');
    await w.room('General').say('Hello from Chromium');
    await a.sees('General', ['Hello from Firefox', 'Hello from Chromium']);

    await house.server.kill();
    await a.say('General', 'Is anybody there?');
    await w.room('General').say('Not a soul');
    await a.say('General', 'Half a thought');
    await house.server.startAgain();
    const first = ['Hello from Firefox', 'Hello from Chromium'];
    await eventually(async () => assert.equal((await ada.messages(general)).length, 5), 'all of it at the server', 60_000);
    const all = (await ada.messages(general)).map((message) => message.body);
    assert.deepEqual(all.slice(0, 2), first);
    // Each said theirs in this order; who was back first is nobody's promise.
    assert.deepEqual(all.filter((body) => body !== 'Not a soul').slice(2), ['Is anybody there?', 'Half a thought']);
    await a.sees('General', all);
    await shownExactly(w, 'General', all);

    // Written down before it is sent, also here.
    await house.server.kill();
    await a.say('General', 'Before the reload');
    await a.sees('General', [...all, 'Before the reload']);
    await house.server.startAgain();
    await a.reload();
    await a.sees('General', [...all, 'Before the reload']);
    await heldExactly(ada, general, [...all, 'Before the reload']);
    await fits(a);
    // Emoji that no font of the device knows are drawn wide.
    await a.click('button', 'Emoji');
    await eventually(async () => assert.ok(await a.run('return document.querySelectorAll(".picker [role=gridcell]").length > 100')), 'emoji');
    assert.ok(await a.run('const grid = document.querySelector(".picker .grid"); return grid.scrollWidth <= grid.clientWidth'));
    await a.screenshot('firefox-talk');
    await a.resize(PHONE);
    await a.sees('General', [...all, 'Before the reload']);
    await fits(a);
    await a.screenshot('firefox-phone');
  });
}, { timeout: 240_000 });

walk('at Firefox in Chinese one reads Chinese', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  await withFirefox(house, { locale: 'zh-CN', size: PHONE }, async (a) => {
    await a.open(`/login?next=${encodeURIComponent(`/r/${general.id}`)}`);
    await a.signIn(ada);
    await a.named('textarea', a.words.messageTo('General'));
    await a.type('textarea', a.words.messageTo('General'), '你好，火狐');
    await a.click('button', a.words.sendMessage);
    await a.sees('General', ['你好，火狐']);
    await fits(a);
    await a.screenshot('firefox-chinese');
  });
}, { timeout: 180_000 });
