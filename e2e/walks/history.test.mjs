// A long history: where one begins to read, and that nothing moves under one's eyes.

import assert from 'node:assert/strict';
import { watchAnchor } from '../support/anchor.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };
const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'] };
const MANY = 620;
const READ = 300;

const text = (number) => `No. ${String(number).padStart(4, '0')}`;
// Of every height: one line, several, code, long words.
const body = (number) => {
  if (number % 11 === 0) return `${text(number)}\n\`\`\`\n${'let line = 1;\n'.repeat(number % 7 + 1)}\`\`\``;
  if (number % 7 === 0) return `${text(number)} ${'and so on and on '.repeat(number % 23)}`;
  if (number % 5 === 0) return `${text(number)}\n${'another line\n'.repeat(number % 4)}end`;
  return text(number);
};

async function longRoom(ada, wen) {
  const room = await ada.makeRoom('Harbour log');
  await ada.add(room, wen);
  let read;
  // One by one, so that their order is known.
  for (let number = 1; number <= MANY; number += 1) {
    const { seq } = await ada.say(room, body(number));
    if (number === READ) read = seq;
  }
  return { ...room, read };
}

const topOf = (locator) => locator.evaluate((element) => element.getBoundingClientRect().top);

walk('a long room opens at the first unread message and can be read back to its beginning', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const harbour = await longRoom(ada, wen);
  await wen.command('mark_read', { room: harbour.id, seq: harbour.read });
  const w = await house.at(wen, `/r/${harbour.id}`);
  const room = w.room('Harbour log');
  const { page } = w;

  const divider = room.log.getByText(new RegExp(`^${MANY - READ} new since`));
  await divider.waitFor();
  await room.hears(text(READ + 1));
  const place = async () => page.evaluate(() => {
    const log = document.querySelector('[role=log]').getBoundingClientRect();
    const line = [...document.querySelectorAll('[role=log] li')].find((row) => /new since/.test(row.textContent));
    return (line.getBoundingClientRect().top - log.top) / log.height;
  });
  await eventually(async () => {
    const at = await place();
    assert.ok(at > 0.15 && at < 0.35, `the line of what is new stands at ${at}`);
  }, 'the first unread message at a quarter of the height');
  await page.getByRole('button', { name: /^Latest/ }).waitFor();
  await w.screenshot('history');

  // Opening a room alone reads nothing; what stays in view is read, and the line does not move.
  await eventually(async () => {
    const { membership } = await wen.ask('GET', `rooms/${harbour.id}`);
    assert.ok(membership.counts.read > harbour.read);
  }, 'a read marker that goes on');
  assert.ok(await divider.isVisible());

  // Older pages are held back until the page stands still, so that all that moves is seen.
  const held = [];
  await page.route(/\/history\?.*before=/, (route) => held.push(route));
  const middle = await room.log.boundingBox();
  await page.mouse.move(middle.x + middle.width / 2, middle.y + middle.height / 2);
  let pages = 0;
  for (;;) {
    const begun = await eventually(async () => {
      if (held.length > 0) return 'held';
      if (await room.event('Ada Obi created the room').isVisible()) return 'beginning';
      await page.mouse.wheel(0, -900);
      assert.ok(await room.messages.count() <= 300, 'more than 300 rows');
      return false;
    }, 'an older page', 60_000);
    if (begun === 'beginning') break;
    const end = await watchAnchor(page);
    const height = () => room.log.evaluate((log) => log.scrollHeight);
    const before = await height();
    await held.shift().continue();
    await eventually(async () => await height() !== before, 'the older messages');
    await page.evaluate(() => new Promise((done) => {
      let frames = 0;
      const frame = () => (frames++ < 20 ? requestAnimationFrame(frame) : done());
      frame();
    }));
    const { worst, number } = await end();
    assert.ok(worst <= 1, `${number} moved by ${worst} px`);
    pages += 1;
  }
  assert.ok(pages >= 2, `${pages} older pages`);
  await page.unroute(/\/history\?.*before=/);

  // And back to the end, where new messages push the old ones up.
  await page.getByRole('button', { name: /^Latest/ }).click();
  await room.hears(text(MANY));
  await eventually(async () => {
    const gap = await room.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
    assert.ok(gap <= 1, `${gap} px from the end`);
  }, 'the end of the room');
  await ada.say(harbour, 'One more');
  await room.hears('One more');
  await eventually(async () => {
    const gap = await room.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);
    assert.ok(gap <= 1, `${gap} px from the end`);
  }, 'the end again');
  await page.getByRole('button', { name: /^Latest/ }).waitFor({ state: 'detached' });
}, { ...FAST, timeout: 150_000 });

walk('what one reads does not move by what others do, nor by the window', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const harbour = await longRoom(ada, wen);
  await wen.command('mark_read', { room: harbour.id, seq: harbour.read });
  const w = await house.at(wen, `/r/${harbour.id}`);
  const room = w.room('Harbour log');
  const { page } = w;
  await room.hears(text(READ + 1));
  const reading = room.log.getByRole('article').filter({ hasText: text(READ + 3) });
  await reading.scrollIntoViewIfNeeded();

  const before = await topOf(reading);
  await ada.say(harbour, 'A new one below');
  await page.getByRole('button', { name: /^Latest/ }).filter({ hasText: /\d/ }).waitFor();
  assert.ok(Math.abs(await topOf(reading) - before) <= 1, 'a new message moved the text');

  // The topmost whole message stays where it is, whatever changes around it.
  const anchored = async (change, what) => {
    const name = await page.evaluate(() => {
      const log = document.querySelector('[role=log]');
      const upper = log.getBoundingClientRect().top;
      const top = [...log.querySelectorAll('article')].find((article) => article.getBoundingClientRect().top >= upper);
      return /No\. \d+/.exec(top.textContent)[0];
    });
    const anchor = room.log.getByRole('article').filter({ hasText: name });
    const offset = async () => await topOf(anchor) - await topOf(room.log);
    const at = await offset();
    await change();
    await eventually(async () => {
      const now = await offset();
      assert.ok(Math.abs(now - at) <= 1, `${what} moved ${name} by ${now - at} px`);
    }, `${what} to leave the text where it was`);
  };
  await anchored(async () => {
    await room.openMembers();
  }, 'the panel');
  await anchored(async () => {
    await page.setViewportSize({ width: 900, height: 700 });
  }, 'a smaller window');
  await anchored(async () => {
    await page.setViewportSize({ width: 1440, height: 900 });
  }, 'a larger window');
}, { ...FAST, timeout: 120_000 });

walk('a person who was away for a thousand messages misses none of them', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  const w = await house.at(wen, `/r/${general.id}`, { travels: true });
  const room = w.room('General');
  await room.isOpen();
  await w.goOffline();
  await w.desk.connection.getByText('No connection.').waitFor();
  for (let number = 1; number <= 560; number += 1) await ada.say(general, text(number));
  await w.comeBack();
  await eventually(async () => {
    const latest = w.page.getByRole('button', { name: /^Latest/ });
    // It goes away by itself when the end has come into view.
    if (await latest.count()) await latest.click({ timeout: 1_000 }).catch(() => {});
    return room.message(text(560)).isVisible();
  }, 'the last of them');
  const seen = new Set();
  const box = await room.log.boundingBox();
  await w.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await eventually(async () => {
    for (const words of await room.texts()) seen.add(words);
    if (seen.has(text(1))) return true;
    // Less than a screen at a time, as one who reads.
    await w.page.mouse.wheel(0, -600);
    return false;
  }, 'the first of them', 60_000);
  const missing = Array.from({ length: 560 }, (_, index) => text(index + 1)).filter((words) => !seen.has(words));
  assert.deepEqual(missing, []);
}, { ...FAST, timeout: 150_000 });
