// 在中文里一切如常: the same page in Chinese.

import assert from 'node:assert/strict';
import { PASSWORD } from '../support/account.mjs';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const LIN = { nick: 'lin', name: '林晓', password: PASSWORD };
const CHINESE = { locale: 'zh-CN' };

// What is no language: the brand, keys, addresses, what the languages call themselves, and letters.
const NO_LANGUAGE = /Hubbub|Quayside|Ctrl|Shift|Enter|Esc|Alt|Home|End|Del|English|简体中文|h u b b u b|Chrome|Linux|WebSocket|SSE|lin|wen|127\.0\.0\.1:?\d*|https?:\S+|F6|\b[A-Z]\b/g;

/** No English word is left on the screen, in names, hints or placeholders. */
async function isChinese(person, what) {
  const english = await person.page.evaluate(() => {
    const texts = [];
    const visible = (element) => element.checkVisibility?.({ visibilityProperty: true }) ?? true;
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!parent.closest('script, style, noscript, #shell') && visible(parent)) texts.push(node.data);
    }
    for (const element of document.querySelectorAll('[aria-label], [title], [placeholder], [alt]')) {
      if (!visible(element)) continue;
      for (const name of ['aria-label', 'title', 'placeholder', 'alt']) {
        if (element.hasAttribute(name)) texts.push(element.getAttribute(name));
      }
    }
    texts.push(document.title);
    return texts;
  });
  const left = english.map((text) => text.replaceAll(NO_LANGUAGE, '')).filter((text) => /[A-Za-z]{2,}/.test(text));
  assert.deepEqual(left, [], `${what} in Chinese`);
}

walk('用中文来到、聊天、离开，看不到一个英文词', async (house) => {
  const lin = await house.person({ name: 'Lin', ...CHINESE });
  await lin.open('/');
  await lin.firstRun.place.waitFor();
  await isChinese(lin, 'the first run');
  await lin.firstRun.found({ place: 'Quayside', ...LIN });
  const room = lin.room('大厅');
  await room.isOpen();
  assert.equal(await lin.page.locator('html').getAttribute('lang'), 'zh-Hans');
  await room.say('大家好，今天开始内测。');
  await room.hears('今天开始内测');
  await isChinese(lin, 'a conversation');
  await lin.screenshot('chat-zh');

  await lin.desk.makeRoom({ name: '上线周', topic: '到周五为止的一切', kind: 'closed' });
  await lin.desk.openRoom('公告');
  await isChinese(lin, 'announcements');
  const id = lin.page.url().split('/').pop();
  const pages = {
    members: `/r/${id}/members`, 'room settings': `/r/${id}/settings`, browsing: '/browse',
    profile: '/settings', preferences: '/settings/preferences', password: '/settings/password',
    sessions: '/settings/sessions', blocked: '/settings/blocked', people: '/admin', place: '/admin/place',
    invitations: '/admin/invitations', notice: '/admin/notice', nothing: '/no/such/page',
  };
  for (const [what, path] of Object.entries(pages)) {
    await lin.open(path);
    await lin.page.getByRole('heading').first().waitFor();
    await lin.page.getByRole('main').waitFor();
    await isChinese(lin, what);
  }
  await lin.open(`/r/${id}`);
  await lin.room('公告').isOpen();
  await lin.switcher.open();
  await isChinese(lin, 'the switcher');
  await lin.page.keyboard.type('上线');
  await lin.switcher.chosen.filter({ hasText: '上线周' }).waitFor();
  await lin.page.keyboard.press('Enter');
  await lin.room('上线周').isOpen();
  await lin.page.keyboard.press('Control+/');
  await lin.page.getByRole('dialog').waitFor();
  await isChinese(lin, 'the keys');
  await lin.page.keyboard.press('Escape');
  await lin.open('/settings');
  await lin.settings.signOut.click();
  await lin.signIn.nick.waitFor();
  await isChinese(lin, 'signing in');
  await lin.screenshot('login-zh');
  await lin.open('/register');
  await lin.register.nick.waitFor();
  await isChinese(lin, 'registering');
});

walk('Enter that ends a composition does not send', async (house) => {
  const [lin] = await house.settle(LIN);
  const person = await house.at(lin, '/', CHINESE);
  const room = person.room('General');
  await room.isOpen();
  await room.composer.focus();
  const keys = await person.context.newCDPSession(person.page);
  const enter = (code) => keys.send('Input.dispatchKeyEvent', {
    type: 'rawKeyDown', key: code === 229 ? 'Process' : 'Enter', code: 'Enter', windowsVirtualKeyCode: code,
  });
  for (const text of ['n', 'ni', 'ni h', 'ni ha', 'ni hao']) {
    await keys.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  }
  await eventually(async () => assert.equal(await room.composer.inputValue(), 'ni hao'), 'the letters');
  // As Chromium sends it, and as some input methods do.
  await enter(229);
  await enter(13);
  assert.equal(await room.messages.count(), 0);
  await keys.send('Input.insertText', { text: '你好' });
  // Safari's order: the Enter that chose the word arrives after the composition's end.
  await enter(13);
  await eventually(async () => assert.equal((await room.composer.inputValue()).trim(), '你好'), 'the word');
  assert.equal(await room.messages.count(), 0);
  assert.deepEqual(await lin.messages(await lin.roomNamed('General')), []);
  await room.send.click();
  await room.endsWith('你好');

  await room.composer.pressSequentially('世界');
  await room.composer.press('Enter');
  await room.endsWith('你好', '世界');
});

walk('the language is chosen before signing in, and stays', async (house) => {
  await house.settle(LIN);
  const person = await house.person({ name: 'Lin' });
  await person.open('/login');
  await person.signIn.nick.waitFor();
  await person.page.getByRole('button', { name: '简体中文' }).click();
  await person.page.getByLabel('用户名', { exact: true }).waitFor();
  await person.page.reload();
  await person.page.getByLabel('用户名', { exact: true }).fill('lin');
  await person.page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await person.page.getByRole('button', { name: '登录', exact: true }).click();
  await person.page.getByRole('navigation', { name: '房间与联系人' }).waitFor();
});

walk('names are told apart and ordered as Chinese readers expect', async (house) => {
  const [lin] = await house.settle(LIN);
  for (const name of ['周会', '安排', '上线', '大厅']) await lin.makeRoom(name);
  const person = await house.at(lin, '/', CHINESE);
  await person.desk.link('周会').waitFor();
  // How a name is read is asked when it is first seen.
  await eventually(async () => {
    const names = await person.desk.sidebar.locator('a[href^="/r/"] .row__name').allInnerTexts();
    const chinese = names.filter((name) => /[一-鿿]/.test(name));
    assert.deepEqual(chinese, ['安排', '大厅', '上线', '周会']);
  }, 'the order');
});

walk('a Chinese name is found by pinyin, and by its initials', async (house) => {
  const [lin, zhang] = await house.settle(LIN, { nick: 'quiet.harbour', name: '张伟' });
  await lin.makeRoom('重庆出差');
  const person = await house.at(lin, '/', CHINESE);
  await person.room('General').isOpen();
  for (const typed of ['zw', 'zhangwei', 'zhang w']) {
    await person.switcher.open();
    await person.page.keyboard.type(typed);
    await person.switcher.chosen.filter({ hasText: '张伟' }).waitFor();
    await person.page.keyboard.press('Escape');
    await person.switcher.dialog.waitFor({ state: 'hidden' });
  }
  await person.switcher.open();
  await person.page.keyboard.type('cqcc');
  await person.switcher.chosen.filter({ hasText: '重庆出差' }).waitFor();
  await person.page.keyboard.press('Enter');
  const room = person.room('重庆出差');
  await room.isOpen();

  // The same letters name a person after an @, and in the list of people to write to.
  await room.composer.pressSequentially('@zw');
  await person.page.getByRole('option', { name: /张伟/ }).click();
  await eventually(async () => assert.equal(await room.composer.inputValue(), '@quiet.harbour '), 'the nick');
  await person.desk.sidebar.getByRole('button', { name: person.words.newDirect, exact: true }).click();
  await person.desk.dialog.getByRole('combobox').fill('zhangw');
  await person.desk.dialog.getByRole('option', { name: /张伟/ }).click();
  await person.desk.dialog.getByRole('button', { name: person.words.startTalking, exact: true }).click();
  await person.room('张伟').isOpen();
  // So does the server, which looks through everybody.
  const { users } = await zhang.ask('GET', 'users?q=zw');
  assert.deepEqual(users.map((user) => user.name), ['张伟']);
});
