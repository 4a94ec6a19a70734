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

walk('code is drawn in the colours of its language, and not a letter of it moves', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.signedIn(ada);
  const code = ['fn main() {', '    let text = "it\'s <b>"; // 说明', '    println!("{text}", 0x1F);', '}'].join('\n');
  const plans = await ada.makeRoom('Plans');
  const long = Array.from({ length: 40 }, (_, line) => `x_${line} = ${line}`).join('\n');
  for (const body of ['```rust\n' + code + '\n```', '```nonsense\nfn other() {}\n```', '```\nfn none() {}\n```', '```py\n' + long + '\n```']) {
    await ada.say(plans, body);
  }
  let letGo;
  const held = new Promise((resolve) => (letGo = resolve));
  await a.page.route(/\/parts\/desk[^/]*\.wasm$/, async (route) => {
    await held;
    await route.continue();
  });
  await a.open(`/r/${plans.id}`);
  const room = a.room('Plans');
  await room.isOpen();
  const block = room.body('fn main').locator('.code');
  await block.waitFor();
  const measured = () => block.evaluate((block) => {
    const code = block.querySelector('code');
    const range = document.createRange();
    range.selectNodeContents(code);
    // Widths are rounded to a 64th of a pixel, for each word of its own.
    const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round);
    return { text: code.textContent, at: place(range.getBoundingClientRect()), pre: place(code.parentElement.getBoundingClientRect()) };
  });
  const before = await measured();
  assert.equal(before.text, code);
  assert.equal(await room.log.locator('.code span[class]').count(), 0);
  letGo();
  for (const [kind, words] of [['k', 'fn'], ['f', 'println!'], ['s', '"it\'s <b>"'], ['n', '0x1F'], ['c', '// 说明']]) {
    await block.locator(`code .${kind}`, { hasText: words }).waitFor();
  }
  assert.deepEqual(await measured(), before);
  assert.equal(await room.log.locator('.code code b').count(), 0);
  const colours = await block.locator('code span').evaluateAll((spans) => new Set(spans.map((span) => getComputedStyle(span).color)).size);
  assert.equal(colours, 5);
  for (const plain of ['fn other', 'fn none']) {
    assert.equal(await room.body(plain).locator('code span').count(), 0, plain);
  }
  const folded = room.body('x_0 = 0').locator('.code');
  const short = long.split('\n').slice(0, 24).join('\n');
  await eventually(async () => assert.equal(await folded.locator('code').innerText(), short), 'its first lines');
  await folded.getByRole('button', { name: 'Show more' }).click();
  await eventually(async () => assert.equal(await folded.locator('code').innerText(), long), 'all of the code');
  assert.equal(await folded.locator('code .n').count(), 40);
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
