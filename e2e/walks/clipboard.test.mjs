// Taking something along: by one press, and by hand where the browser does not allow it.

import assert from 'node:assert/strict';
import { eventually } from '../support/conditions.mjs';
import { walk } from '../support/house.mjs';

const ADA = { nick: 'ada', name: 'Ada Obi' };
const WEN = { nick: 'wen', name: 'Wen Zhou' };

/** Lets the person's browser write to its clipboard, and read it again. */
const allow = (person) => person.context.grantPermissions(['clipboard-read', 'clipboard-write']);
const held = (person) => person.page.evaluate(() => navigator.clipboard.readText());

walk('a link to take along is copied by one press', async (house) => {
  const [ada] = await house.settle(ADA, WEN);
  const a = await house.signedIn(ada);
  await allow(a);
  const invitation = await a.admin.invite();
  await a.admin.button('Copy').click();
  await a.desk.toast('Copied').waitFor();
  assert.equal(await held(a), invitation);
  assert.match(invitation, new RegExp(`^${a.origin}/join#`));

  const reset = await a.admin.makeResetLink('Wen Zhou');
  await a.page.getByRole('dialog').getByRole('button', { name: 'Copy', exact: true }).click();
  await eventually(async () => assert.equal(await held(a), reset), 'the reset link');
});

walk('a page that came over plain HTTP copies as well', async (house) => {
  const [ada] = await house.settle(ADA);
  const general = await ada.roomNamed('General');
  const a = await house.signedIn(ada);
  // Browsers hide it from such pages; this machine's own are trusted all the same.
  await a.context.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  const link = await a.admin.invite();
  await a.admin.button('Copy').click();
  await a.desk.toast('Copied').waitFor();
  await a.open(`/r/${general.id}`);
  await a.room('General').composer.focus();
  await a.page.keyboard.press('Control+v');
  await eventually(async () => assert.equal(await a.room('General').composer.inputValue(), link), 'the link');
});

walk('where copying is refused the page says so, and the text can be taken by hand', async (house) => {
  const [ada] = await house.settle(ADA);
  const a = await house.signedIn(ada);
  await a.context.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    document.execCommand = () => false;
  });
  const link = await a.admin.invite();
  await a.admin.button('Copy').click();
  await a.desk.toast('The browser did not allow copying. Select the text and copy it by hand.').waitFor();
  const selected = () => a.page.getByRole('textbox', { name: 'Invitation link', exact: true })
    .evaluate((field) => field.value.slice(field.selectionStart, field.selectionEnd));
  assert.equal(await selected(), link);
});
