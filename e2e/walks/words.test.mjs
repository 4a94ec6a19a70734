// What people write, and how it is drawn.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

walk('what is typed with marks is drawn with styles, quotes, lists and links, for both alike', async (house) => {
  const [ada, wen] = await house.settle(ADA, WEN);
  const [a, w] = [await house.at(ada), await house.at(wen)];
  const [own, heard] = [a.room('General'), w.room('General')];
  await own.isOpen();
  await heard.isOpen();

  await own.say(
    ['**bold** _slanted_ ~~gone~~ and 这是**重点**。', '> somebody said', '- one', '- two', '  1. nested', 'see [the plan](https://example.org/plan)'].join('\n'),
  );
  await heard.hears('the plan');
  const seen = heard.body('the plan');
  for (const [selector, words] of [
    ['strong >> nth=0', 'bold'], ['em', 'slanted'], ['s', 'gone'], ['strong >> nth=1', '重点'], ['blockquote', 'somebody said'], ['ul > li >> nth=0', 'one'],
    ['ul ol > li', 'nested'], ['a', 'the plan'],
  ]) {
    assert.equal((await seen.locator(selector).innerText()).trim(), words, selector);
  }
  const link = seen.locator('a');
  assert.equal(await link.getAttribute('href'), 'https://example.org/plan');
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer nofollow');
  // The sender saw exactly this before anybody else did.
  assert.equal(await own.body('the plan').innerHTML(), await seen.innerHTML());

  await own.say('the end is ||a surprise||');
  await heard.hears('the end is');
  const spoiler = heard.body('the end is');
  await eventually(async () => assert.equal(await spoiler.getByText('a surprise').isVisible(), false), 'a hidden spoiler');
  await spoiler.getByRole('button', { name: 'Show spoiler' }).click();
  await spoiler.getByText('a surprise').waitFor();

  await own.say('🎉');
  await heard.hears('🎉');
  assert.equal(await heard.body('🎉').locator('p.emoji').count(), 1);
});

walk('nothing that people write runs, wherever it is shown', async (house) => {
  const attacks = [
    '<img src=x onerror=alert(1)>', '<svg/onload=alert(1)>', '"><script>alert(1)</script>', '[x](javascript:alert(1))', '[x](JaVa\tScRiPt:alert(1))',
    '[x](data:text/html,<script>alert(1)</script>)', '[x](vbscript:x)', "'-alert(1)-'", '<math><mglyph><style><img src=x onerror=alert(1)>', '</style></svg><img src=x onerror=alert(1)>',
    '```html\n<img src=x onerror=alert(1)>\n```', '`<img src=x onerror=alert(1)>`', '**<b onmouseover=alert(1)>**', '||<img src=x onerror=alert(1)>||',
    'https://example.org/"onmouseover=alert(1)', '&lt;img src=x onerror=alert(1)&gt;', 'jav&#x61;script:alert(1)', '{{7*7}} ${7*7}',
  ];
  const [ada, wen] = await house.settle({ nick: 'ada', name: '<img src=x onerror=alert(1)>' }, WEN);
  const [a, w] = [await house.at(ada), await house.at(wen)];
  for (const person of [a, w]) {
    person.page.on('dialog', () => assert.fail('something opened a dialog'));
  }
  await a.room('General').isOpen();
  const name = '"><img src=x onerror=alert(1)>';
  const own = await a.desk.makeRoom({ name, topic: '<svg/onload=alert(1)>', kind: 'open' });
  for (const attack of attacks) await own.say(attack);
  await w.browse.at();
  const heard = await w.browse.join(name);
  await heard.hears('{{7*7}} ${7*7}');
  for (const person of [a, w]) {
    const found = await person.page.evaluate(() => {
      const inside = document.querySelectorAll('[role=log] :is(img, script, math, style, iframe, object)').length;
      const links = [...document.querySelectorAll('[role=log] a[href]')].map((link) => link.href);
      const handlers = [...document.querySelectorAll('*')].flatMap((node) => node.getAttributeNames().filter((name) => name.startsWith('on')));
      return { inside, links, handlers };
    });
    assert.equal(found.inside, 0);
    assert.deepEqual(found.handlers, []);
    assert.ok(found.links.every((href) => /^(https?|mailto):/.test(href)), found.links.join(' '));
  }
});

walk('an emoji is found by a word of either language, chosen by keyboard, and remembered', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.at(ada);
  const room = a.room('General');
  await room.isOpen();
  await room.composer.fill('Time for ');
  const button = a.page.getByRole('button', { name: 'Emoji', exact: true });
  const picker = a.page.getByRole('dialog', { name: 'Emoji' });
  const search = picker.getByRole('searchbox', { name: 'Search emoji' });
  await button.click();
  await picker.getByRole('grid', { name: 'Faces' }).waitFor();
  for (const word of ['tea', '茶', 'recha']) {
    await search.fill(word);
    await picker.getByRole('gridcell', { name: 'teacup without handle' }).waitFor();
  }
  await search.fill('teacup');
  await search.press('ArrowDown');
  await a.page.keyboard.press('Enter');
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'Time for 🍵'), 'the emoji in the text');
  await eventually(
    async () => assert.equal(await room.composer.evaluate((box) => box === document.activeElement), true),
    'the focus back in the composer',
  );

  await button.click();
  await picker.getByRole('button', { name: 'Skin tone 6' }).click();
  await search.fill('wave');
  await search.press('Enter');
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'Time for 🍵👋🏿'), 'the emoji in its tone');
  await button.click();
  await search.fill('');
  const recent = picker.getByRole('grid', { name: 'Recent' }).getByRole('gridcell');
  await eventually(async () => assert.deepEqual(await recent.allInnerTexts(), ['👋🏿', '🍵']), 'recent emoji');
  await search.fill('no such thing');
  await picker.getByText('Nothing found').waitFor();
  await a.page.keyboard.press('Escape');
  await picker.waitFor({ state: 'detached' });
});
