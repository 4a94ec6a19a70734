// A device whose clock is a day off, or is set while one writes.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { Scene } from '../support/scene.mjs';
import { numbered, shownExactly } from '../support/whole.mjs';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The clock of somebody's device, ahead by so much; what counts time from the page's beginning goes on as ever. */
async function setClock(person, ahead) {
  await person.context.addInitScript((off) => {
    const Right = Date;
    globalThis.clockIsAhead = off;
    globalThis.Date = class extends Right {
      constructor(...given) {
        if (given.length === 0) super(Right.now() + globalThis.clockIsAhead);
        else super(...given);
      }

      static now() { return Right.now() + globalThis.clockIsAhead; }
    };
  }, ahead);
}

const jump = (person, ahead) => person.page.evaluate((off) => { globalThis.clockIsAhead = off; }, ahead);
/** When it was said, as the page says it. */
const time = (person, text) => person.room('General').message(text).locator('time').first().textContent();

walk('people whose clocks are days apart, or are set meanwhile, see the same in the same order', async (house) => {
  const scene = await Scene.set(house, {
    before: async (early, late) => {
      await setClock(early, -DAY);
      await setClock(late, DAY);
    },
  });
  const { ada, wen, a: early, w: late } = scene;
  for (const [at, text] of numbered(1, 6).entries()) {
    const [speaker, other] = at % 2 === 0 ? [early, late] : [late, early];
    await scene.says(speaker, text);
    await scene.hears(other, text);
  }
  for (const person of [early, late]) await shownExactly(person, 'General', scene.said);
  assert.equal(await time(early, scene.said[0]), await time(late, scene.said[0]));
  // All on one day.
  for (const person of [early, late]) assert.equal(await person.room('General').log.locator('.day').count(), 1);

  // In an hour is in an hour, wherever one asks for it.
  for (const [person, account] of [[early, ada], [late, wen]]) {
    await person.room('General').composer.fill(`Later, from ${account.nick}`);
    await person.page.getByRole('button', { name: 'Send later', exact: true }).click();
    await person.desk.dialog.getByRole('button', { name: /^In an hour/ }).click();
    await eventually(async () => assert.equal(await person.room('General').composer.inputValue(), ''), 'the box empty');
    const { frames } = await account.ask('POST', 'poll?wait=0', { rooms: {} });
    const [scheduled] = frames.flatMap((frame) => frame.user?.scheduled ?? []);
    const wait = scheduled.at - Date.now();
    assert.ok(wait > HOUR / 2 && wait < 2 * HOUR, `in ${wait / HOUR} h`);
  }

  // Set while one writes, without a network.
  await scene.waitsInPlans('Read at another time');
  await early.goOffline();
  await early.desk.connection.getByText('No connection.').waitFor();
  await scene.says(early, ...numbered(7, 8));
  await jump(early, DAY);
  await scene.says(early, ...numbered(9, 10));
  await jump(early, -2 * DAY);
  await scene.says(early, ...numbered(11, 12));
  await early.room('General').endsWith(...scene.said);
  await scene.readsPlans('Read at another time');
  await scene.drafts('Half a thought');
  await early.comeBack();
  await scene.isWhole();
}, { timeout: 180_000 });
