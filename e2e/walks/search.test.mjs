// Finding what was said.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

const box = (page) => page.getByRole('searchbox', { name: 'Search messages' });
const hits = (page) => page.getByRole('list', { name: 'Messages found' }).getByRole('link');
const chip = (page, words) => page.getByRole('button', { name: `Remove filter ${words}` });

/** The hits' words, with what is marked in brackets. */
const marked = (page) => hits(page).locator('.hit__text').evaluateAll((all) => all.map((hit) => {
  const copy = hit.cloneNode(true);
  copy.querySelectorAll('mark').forEach((mark) => mark.replaceWith(`[${mark.textContent}]`));
  return copy.textContent;
}));

async function found(page, expected) {
  await eventually(async () => assert.deepEqual(await marked(page), expected), expected.join(' | '));
}

walk('what was said in marks is found in plain words, and a spoiler stays one', async (house) => {
  const [ada] = await house.settle(ADA);
  const plans = await ada.makeRoom('Plans');
  for (const text of [
    '> - **harbour** _walks_ at ||the harbour||', 'see [the harbour](https://harbour.example)', '```sh\nfind harbour | wc\n```', '**明天**去 harbour_front',
  ]) {
    await ada.say(plans, text);
  }
  const { page } = await house.at(ada, '/search?q=harbour');
  await found(page, ['明天去 [harbour]_front', 'find [harbour] | wc', 'see the [harbour]', '[harbour] walks at ███████████']);
  await box(page).fill('明天');
  await found(page, ['[明天]去 harbour_front']);
  await page.goto(`/search?q=walks&room=${plans.id}`);
  await found(page, ['harbour [walks] at ███████████']);
});

walk('what was said is found, marked, seen in context and opened where it stands', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  const secret = await wen.makeRoom('Secret', 'closed');
  await ada.add(plans, wen);
  for (const text of ['Lunch at the Café?', 'Not today', '明天下午三点开会', '<b>cafe</b> it is']) {
    await ada.say(plans, text);
  }
  await wen.say(plans, 'The cafe is closed: https://example.org/cafe');
  await wen.say(secret, 'a cafe nobody knows of');
  const a = await house.at(ada, '/search?q=cafe');
  const { page } = a;
  const all = ['The [cafe] is closed: https://example.org/[cafe]', '<b>[cafe]</b> it is', 'Lunch at the [Café]?'];
  await found(page, all);
  await page.getByRole('status').filter({ hasText: '3 messages found' }).waitFor();
  await a.screenshot('search');

  // The box, the hits and what surrounds them are one way by arrows.
  await box(page).press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const context = page.getByRole('complementary', { name: 'In context' });
  await context.getByText('明天下午三点开会').waitFor();
  await page.keyboard.press('Enter');
  await a.room('Plans').isOpen();
  await eventually(async () => assert.equal(
    await page.evaluate(() => document.activeElement?.querySelector('.msg__body')?.textContent), '<b>cafe</b> it is',
  ), 'the message that was opened');
  await page.goBack();
  await found(page, all);

  // Filters: chosen, seen, taken away.
  await page.getByRole('combobox', { name: 'From…' }).selectOption({ label: 'Wen Zhou' });
  await found(page, all.slice(0, 1));
  await chip(page, 'From Wen Zhou').click();
  await found(page, all);
  await page.getByRole('combobox', { name: 'Has…' }).selectOption({ label: 'With a link' });
  await found(page, all.slice(0, 1));
  assert.equal(await box(page).inputValue(), 'cafe has:link');
  await chip(page, 'With a link').click();
  await page.getByRole('combobox', { name: 'When…' }).selectOption({ label: 'Before a day…' });
  await page.getByLabel('Before a day…', { exact: true }).fill('2020-05-01');
  await page.getByRole('heading', { name: 'Nothing found for “cafe before:2020-05-01”' }).waitFor();
  await page.getByText('Try fewer words, or drop “before:2020-05-01”.').waitFor();

  await box(page).fill('开会');
  await found(page, ['明天下午三点[开会]']);
  await eventually(async () => assert.match(decodeURIComponent(page.url()), /q=开会$/), 'the address');
  await box(page).press('Enter');

  // What was looked for is offered again.
  await page.getByRole('button', { name: 'Clear search' }).click();
  await page.getByRole('link', { name: '开会' }).click();
  await found(page, ['明天下午三点[开会]']);
});

walk('Ctrl F searches the room one is in, and leaves the second time to the browser', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const plans = await ada.makeRoom('Plans');
  const other = await ada.makeRoom('Other');
  await ada.add(plans, wen);
  await ada.say(plans, 'plum here');
  await ada.say(other, 'plum there');
  const a = await house.at(ada, `/r/${plans.id}`);
  const { page } = a;
  await a.room('Plans').isOpen();
  await page.keyboard.press('Control+f');
  await eventually(async () => assert.equal(
    await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Search messages',
  ), 'the focus in the box');
  await page.keyboard.type('plum');
  await found(page, ['[plum] here']);
  const taken = await page.evaluate(() => {
    const key = new KeyboardEvent('keydown', { key: 'f', ctrlKey: true, bubbles: true, cancelable: true });
    return !document.activeElement.dispatchEvent(key);
  });
  assert.equal(taken, false);
  await chip(page, 'In Plans').click();
  await found(page, ['[plum] there', '[plum] here']);

  // From anywhere: what is typed to jump can be looked for as well.
  await a.switcher.open();
  await page.keyboard.type('plum there');
  await a.switcher.chosen.filter({ hasText: 'plum there' }).waitFor();
  await page.keyboard.press('Enter');
  await found(page, ['[plum] [there]']);

  const phone = await house.at(wen, '/search?q=plum', { size: PHONE, touch: true });
  await found(phone.page, ['[plum] here']);
  await phone.screenshot('search-phone');
  await hits(phone.page).first().tap();
  await phone.room('Plans').hears('plum here');
});
