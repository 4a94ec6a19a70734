// Whatever people write, wherever it is shown, is text and nothing else.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';
import { PHONE } from '../support/person.mjs';

const FAST = { arguments: ['--message-rate', '100000', '--message-burst', '100000'], timeout: 180_000 };
const RUN = 'alert(1)';

/** One of each way in, each short enough for every field but names of sections. */
const ATTACKS = [
  `<img src=x onerror=${RUN}>`, `<svg/onload=${RUN}>`, `"><script>${RUN}</script>`, `' onmouseover='${RUN}`, `" autofocus onfocus="${RUN}`,
  `[x](javascript:${RUN})`, `[x](JaVaScRiPt:${RUN})`, '[x](data:text/html,<script>1</script>)', 'javascript:alert(1)//', `</textarea><img src=x onerror=${RUN}>`,
  `<math><mglyph><style><img src=x onerror=${RUN}>`, '&lt;img src=x onerror=1&gt;', `<iframe srcdoc="<script>${RUN}</script>">`, `<a href="//evil.example/x">x</a>`,
  '<base href="//evil.example/">', `{{constructor.constructor('${RUN}')()}}`,
];
const SHORT = ['<svg/onload=alert(1)>', '"><script>alert(1)</script>', "'-alert(1)-'", '<b onclick=1>'];

/** Nothing on the page is more than text; what stands in `expected` is there to the letter. */
async function isHarmless(page, what, expected = []) {
  await eventually(async () => {
    const shown = await page.evaluate(() => [
      document.body.innerText, document.title, ...[...document.querySelectorAll('input, textarea')].map((box) => box.value),
    ].join('\n'));
    const missing = expected.filter((text) => !shown.includes(text));
    assert.deepEqual(missing, [], `${what}: not shown as it was written`);
  }, what);
  const found = await page.evaluate(() => {
    const nodes = [...document.querySelectorAll('*')];
    const own = (address) => /^(https?|mailto|blob):/.test(new URL(address, location.href).protocol);
    return {
      elements: nodes.filter((node) => node.matches('body :is(script, iframe, object, embed, math, style, base, link, meta, form[action], img:not([src^="blob:"]))')).map((node) => node.outerHTML),
      // Those of the page have a class, or are hidden from whoever listens.
      drawings: nodes.filter((node) => node.matches('svg:not([class], [aria-hidden])')).map((node) => node.outerHTML.slice(0, 80)),
      handlers: nodes.flatMap((node) => node.getAttributeNames().filter((name) => /^on|^srcdoc$/.test(name)).map((name) => `${node.localName} ${name}`)),
      links: nodes.flatMap((node) => ['href', 'src', 'action', 'formaction'].map((name) => node.getAttribute(name)).filter(Boolean)).filter((address) => !address.startsWith('#') && !own(address)),
      base: document.baseURI === location.href,
    };
  });
  assert.deepEqual(found, { elements: [], drawings: [], handlers: [], links: [], base: true }, what);
}

/** Signs in as a program with a name of its own. */
async function signInAs(server, account, agent) {
  const answer = await fetch(`${server.url}/api/v1/login`, {
    method: 'POST', headers: { 'content-type': 'application/json', 'user-agent': agent },
    body: JSON.stringify({ nick: account.nick, password: account.password, token: true }),
  });
  assert.equal(answer.status, 200);
}

walk('nothing that people write runs, in whatever field and on whatever page', async (house) => {
  const [ada, wen] = await house.settle({ nick: 'ada', name: ATTACKS[0] }, { nick: 'wen', name: ATTACKS[1] });
  const soon = Date.now() + 3_600_000;
  const plans = await ada.makeRoom(ATTACKS[2], 'open', ATTACKS[3]);
  await wen.join(plans);
  const rooms = [];
  for (const attack of ATTACKS.slice(4)) {
    const room = await ada.makeRoom(attack, 'open', attack);
    rooms.push(room);
    await ada.say(room, attack);
  }
  for (const attack of ATTACKS) await ada.say(plans, attack);
  await ada.command('create_poll', {
    room: plans.id, client_message_id: randomUUID(), question: ATTACKS.join('\n'),
    poll: { choices: ATTACKS.slice(0, 12), several: true },
  });
  const { messages } = await ada.ask('GET', `rooms/${plans.id}/messages?limit=50`);
  const said = messages.filter((message) => message.body && !message.poll);
  for (const message of said.slice(0, 4)) {
    await ada.command('forward_message', { room: rooms[0].id, client_message_id: randomUUID(), from: plans.id, message: message.seq, comment: ATTACKS[10] });
    await wen.command('save_message', { room: plans.id, message: message.seq });
    await ada.command('pin_message', { room: plans.id, message: message.seq });
    await ada.command('edit_message', { room: plans.id, message: message.seq, body: `${message.body} edited` });
  }
  await ada.command('send_message', { room: plans.id, client_message_id: randomUUID(), body: `@wen ${ATTACKS[1]}`, reply_to: said[0].seq });
  await ada.command('send_message', { room: plans.id, client_message_id: randomUUID(), body: `@wen ${ATTACKS[0]}`, thread: said[1].seq });
  await wen.join(rooms[0]);
  for (const attack of ATTACKS) {
    await wen.command('set_reminder', { id: randomUUID(), room: plans.id, text: attack, at: soon });
    await wen.command('schedule_message', { room: plans.id, client_message_id: randomUUID(), body: attack, at: soon });
    await signInAs(house.server, wen, attack);
  }
  await wen.command('arrange_sidebar', { sidebar: { sections: SHORT.map((name, at) => ({ name, rooms: at ? [] : [plans.id] })) } });
  await wen.command('keep_draft', { room: plans.id, text: ATTACKS.join('\n'), age_ms: 0 });
  await ada.command('post_notice', { client_message_id: randomUUID(), body: ATTACKS.slice(0, 3).join(' ') });
  await ada.command('update_site', { name: ATTACKS[4] });

  for (const options of [{}, { size: PHONE, touch: true, locale: 'zh-CN' }]) {
    const w = await house.signedIn(wen, options);
    const { page } = w;
    page.on('dialog', (dialog) => assert.fail(`a dialog: ${dialog.message()}`));
    const at = async (path, what, expected) => {
      await page.goto(path);
      await isHarmless(page, what, expected);
    };
    const phone = Boolean(options.touch);
    // The draft of another device, messages, the poll, what was answered and edited.
    await at(`/r/${plans.id}`, 'a room', [ATTACKS[11], ATTACKS[9]]);
    await eventually(
      async () => assert.equal(await page.locator('textarea').first().inputValue(), ATTACKS.join('\n')), 'the draft of another device',
    );
    if (!phone) {
      await isHarmless(page, 'the list of rooms', SHORT);
      assert.match(await w.desk.notice.innerText(), /<img src=x onerror=alert\(1\)> <svg\/onload/);
    }
    await at(`/r/${plans.id}/pins`, 'pins', [ATTACKS[3]]);
    await at(`/r/${plans.id}/members`, 'members', [ATTACKS[0]]);
    await at(`/r/${plans.id}/t/${said[1].seq}`, 'a thread', [ATTACKS[1]]);
    await at(`/r/${rooms[0].id}`, 'forwarded words', [ATTACKS[10], ATTACKS[0]]);
    await at('/later', 'reminders and what is sent later', [ATTACKS[0], ATTACKS[9]]);
    await at('/saved', 'what was saved', [`${ATTACKS[0]} edited`]);
    await at('/threads', 'threads', []);
    await at('/catch-up', 'catching up', [ATTACKS[12]]);
    await at('/browse', 'rooms to join', [ATTACKS[13]]);
    await at('/settings/sessions', 'sessions', [ATTACKS[0], ATTACKS[14]]);
    for (const attack of ATTACKS) {
      await at(`/search?q=${encodeURIComponent(attack)}`, `a search for ${attack}`, [attack]);
      await at(`/${encodeURIComponent(attack)}`, 'no such page', []);
    }
    // Each status as it comes; where the people are.
    await page.goto(`/r/${plans.id}/members`);
    for (const attack of ATTACKS) {
      await ada.command('set_status', { status: attack, emoji: '🌴' });
      await isHarmless(page, 'a status', [attack]);
    }
    await ada.command('set_status', { status: '' });
  }

  const a = await house.signedIn(ada);
  a.page.on('dialog', (dialog) => assert.fail(`a dialog: ${dialog.message()}`));
  for (const path of ['/admin', '/admin/people', '/admin/place', '/admin/notice', '/settings', `/r/${plans.id}/settings`]) {
    await a.page.goto(path);
    await isHarmless(a.page, path);
  }
}, FAST);
