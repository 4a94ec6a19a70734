// On a phone, in the dark, without motion, very narrow, very large.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

async function fits(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${over} px wider than the screen`);
}

walk('on a phone, list, conversation and panel are pages, and Back leads through them', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans', 'open', 'What comes next');
  await ada.add(plans, wen);
  await ada.say(plans, '@wen on the phone?');
  const w = await house.at(wen, '/', { size: PHONE, touch: true });
  const { page } = w;
  await w.desk.link('Plans').waitFor();
  await fits(page);
  await w.screenshot('phone-list');
  assert.equal(await page.getByRole('log').count(), 0, 'one view at a time');

  await w.desk.link('Plans').tap();
  const room = w.room('Plans');
  await room.hears('on the phone?');
  assert.ok(!(await w.desk.sidebar.isVisible()), 'the list gives way');
  // No keyboard springs up by itself, and Enter is a new line: there is no Shift to hold.
  assert.ok(!(await room.composer.evaluate((element) => element === document.activeElement)));
  await room.composer.tap();
  await room.composer.pressSequentially('Yes');
  await room.composer.press('Enter');
  await room.composer.pressSequentially('on the train');
  assert.equal(await room.composer.inputValue(), 'Yes\non the train');
  await room.send.tap();
  await room.hears('on the train');
  const size = await room.composer.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
  assert.ok(size >= 16, `${size} px: the phone would zoom in`);
  await fits(page);
  await w.screenshot('phone-conversation');

  await room.choose('Room settings');
  await room.settings.waitFor();
  await fits(page);
  await page.goBack();
  await room.log.waitFor();
  await room.settings.waitFor({ state: 'hidden' });
  await page.goBack();
  await w.desk.link('Plans').waitFor();
  assert.ok(await w.desk.sidebar.isVisible());

  // The page's own way back is the same one.
  await w.desk.link('General').tap();
  await w.room('General').isOpen();
  await page.getByRole('link', { name: 'Back', exact: true }).tap();
  await w.desk.link('General').waitFor();
  assert.ok(await w.desk.sidebar.isVisible());
});

walk('where a keyboard covers the page, one writes above it', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const a = await house.signedIn(ada, { size: PHONE, touch: true });
  // As browsers do it that do not know `interactive-widget`.
  await a.context.addInitScript(() => {
    globalThis.keyboard = 0;
    const height = Object.getOwnPropertyDescriptor(VisualViewport.prototype, 'height').get;
    Object.defineProperty(VisualViewport.prototype, 'height', { get() { return height.call(this) - globalThis.keyboard; } });
  });
  const keyboard = (high) => a.page.evaluate((height) => {
    globalThis.keyboard = height;
    visualViewport.dispatchEvent(new Event('resize'));
  }, high);
  await a.open(`/r/${general.id}`);
  const room = a.room('General');
  await room.isOpen();
  const end = async () => {
    const box = await room.composer.boundingBox();
    return box.y + box.height;
  };
  await room.composer.tap();
  await keyboard(300);
  await eventually(async () => assert.ok(await end() < PHONE.height - 300, 'above the keyboard'), 'the box');
  await keyboard(0);
  await eventually(async () => assert.ok(await end() > PHONE.height - 80, 'at the end'), 'the box');
});

walk('in a narrow window the list is a drawer', async (house) => {
  const [ada] = await house.settle(ADA);
  await ada.makeRoom('Plans');
  const a = await house.at(ada, '/', { size: { width: 900, height: 700 } });
  await a.room('General').isOpen().catch(() => a.page.getByRole('log').waitFor());
  assert.ok(!(await a.desk.sidebar.isVisible()));
  await a.page.getByRole('button', { name: 'Show rooms', exact: true }).click();
  await a.desk.link('Plans').click();
  await a.room('Plans').isOpen();
  await a.desk.sidebar.waitFor({ state: 'hidden' });
  await a.page.getByRole('button', { name: 'Show rooms', exact: true }).click();
  await a.desk.link('Plans').waitFor();
  await a.page.keyboard.press('Escape');
  await a.desk.sidebar.waitFor({ state: 'hidden' });
});

walk('everything fits 320 pixels, and four times the size of text', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const general = await ada.roomNamed('General');
  await ada.say(general, `https://example.org/${'a-very-long-path/'.repeat(12)} ${'w'.repeat(200)}`);
  const narrow = await house.at(wen, `/r/${general.id}`, { size: { width: 320, height: 568 } });
  await narrow.room('General').hears('a-very-long-path');
  await fits(narrow.page);
  await narrow.room('General').say('I can write here');
  await narrow.room('General').hears('I can write here');
  for (const path of ['/', `/r/${general.id}/members`, `/r/${general.id}/settings`, '/settings', '/settings/sessions', '/browse']) {
    await narrow.open(path);
    await narrow.page.getByRole('heading').or(narrow.desk.sidebar).first().waitFor();
    await fits(narrow.page);
  }
  const admin = await house.at(ada, '/admin', { size: { width: 320, height: 568 } });
  await admin.admin.row('Wen Zhou').waitFor();
  await fits(admin.page);
});

walk('the page is dark where the device is, without a bright first frame', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.signedIn(ada, { theme: 'dark' });
  const lightness = () => a.page.evaluate(() => {
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
    canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
    canvas.fillRect(0, 0, 1, 1);
    return Math.max(...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
  });
  await a.page.goto('/', { waitUntil: 'commit' });
  await a.page.waitForFunction(() => document.body && document.styleSheets.length >= 4);
  assert.ok(await lightness() < 60, 'a bright shell');
  await a.room('General').isOpen();
  assert.ok(await lightness() < 60);
  await a.room('General').say('Good evening');
  await a.room('General').hears('Good evening');
  await a.screenshot('chat-dark');
});

walk('nothing moves for those who do not want it', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada, '/', { calm: true });
  await a.room('General').isOpen();
  await a.switcher.open();
  const moving = await a.page.evaluate(() => document.getAnimations()
    .filter((animation) => (animation.effect.getComputedTiming().endTime ?? 0) > 1)
    .map((animation) => animation.effect.target?.className ?? ''));
  assert.deepEqual(moving, []);
  await a.page.keyboard.press('Escape');
  const slow = await a.page.evaluate(() => [...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationDuration } = getComputedStyle(element);
    return [transitionDuration, animationDuration].some((time) => time.split(', ').some((part) => Number.parseFloat(part) > 0.01));
  }).map((element) => `${element.tagName}.${element.className}`));
  assert.deepEqual(slow, []);
});
