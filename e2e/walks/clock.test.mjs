// A device whose clock is a day off, or is set while one writes.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { allRead, heldExactly, numbered, shownExactly } from '../support/whole.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
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

walk('people whose clocks are days apart see the same, in the same order', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const early = await house.signedIn(ada, { travels: true });
  const late = await house.signedIn(wen);
  await setClock(early, -DAY);
  await setClock(late, DAY);
  for (const person of [early, late]) {
    await person.open(`/r/${general.id}`);
    await person.room('General').isOpen();
  }
  const texts = numbered(1, 6);
  for (const [at, text] of texts.entries()) {
    const [speaker, other] = at % 2 === 0 ? [early, late] : [late, early];
    await speaker.room('General').say(text);
    await other.room('General').hears(text);
  }
  for (const person of [early, late]) await shownExactly(person, 'General', texts);
  assert.equal(await time(early, texts[0]), await time(late, texts[0]));
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
  await allRead(ada, general);
  await allRead(wen, general);
});

walk('a clock that is set back while one writes changes no order', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const a = await house.signedIn(ada, { travels: true });
  await setClock(a, 0);
  await a.open(`/r/${general.id}`);
  const w = await house.at(wen, `/r/${general.id}`);
  for (const person of [a, w]) await person.room('General').isOpen();
  await a.goOffline();
  await a.desk.connection.getByText('No connection.').waitFor();
  const texts = numbered(1, 6);
  for (const text of texts.slice(0, 2)) await a.room('General').say(text);
  await jump(a, -2 * DAY);
  for (const text of texts.slice(2, 4)) await a.room('General').say(text);
  await jump(a, DAY);
  for (const text of texts.slice(4)) await a.room('General').say(text);
  await a.room('General').endsWith(...texts);
  await a.room('General').composer.fill('Half a thought');
  await a.comeBack();
  for (const person of [a, w]) await shownExactly(person, 'General', texts);
  await heldExactly(ada, general, texts);
  const elsewhere = await house.at(ada, `/r/${general.id}`);
  await eventually(async () => {
    assert.equal(await elsewhere.room('General').composer.inputValue(), 'Half a thought');
  }, 'the draft on another device');
});
