// A conversation: header, messages, composer, and a panel beside it.

import { eventually } from '../support/conditions.mjs';

export class Room {
  constructor(person, name) {
    this.person = person;
    this.page = person.page;
    this.words = person.words;
    this.name = name;
  }

  get log() {
    return this.page.getByRole('log', { name: this.words.messagesIn(this.name), exact: true });
  }

  get heading() {
    return this.page.getByRole('heading', { level: 1, name: this.name, exact: true });
  }

  get composer() {
    return this.page.getByRole('textbox', { name: this.words.messageTo(this.name), exact: true });
  }

  get send() {
    return this.page.getByRole('button', { name: this.words.sendMessage, exact: true });
  }

  get messages() {
    return this.log.getByRole('article');
  }

  /** Messages with this text in them. */
  message(text) {
    return this.messages.filter({ hasText: text });
  }

  /** What a message says, without who and when. */
  body(text) {
    return this.message(text).locator('.msg__body');
  }

  /** A line about something that happened to the room. */
  event(text) {
    return this.log.getByRole('listitem').filter({ hasText: text });
  }

  async isOpen() {
    await this.heading.waitFor();
    await this.log.waitFor();
  }

  async say(text) {
    await this.composer.fill(text);
    await this.composer.press('Enter');
  }

  async hears(text) {
    await this.message(text).first().waitFor();
  }

  /** All texts in view, in their order. */
  async texts() {
    const texts = await this.log.locator('article .msg__body').allInnerTexts();
    return texts.map((text) => text.trim());
  }

  /** Waits until the room's last texts are these. */
  async endsWith(...expected) {
    await eventually(async () => {
      const texts = (await this.texts()).slice(-expected.length);
      if (JSON.stringify(texts) !== JSON.stringify(expected)) {
        throw new Error(`the room ends with ${JSON.stringify(texts)}, not ${JSON.stringify(expected)}`);
      }
    }, `the last messages of ${this.name}`);
  }

  // --- what is done with a message

  /** The buttons beside a message, for whoever has a pointer. */
  async toolbar(text) {
    const message = this.message(text).first();
    await message.hover();
    return message.getByRole('toolbar', { name: 'Message actions', exact: true });
  }

  /** A button beside it, or else an item of the menu there. */
  async act(text, name) {
    const toolbar = await this.toolbar(text);
    const button = toolbar.getByRole('button', { name, exact: true });
    await toolbar.waitFor();
    if (await button.count()) return button.click();
    await toolbar.getByRole('button', { name: 'More', exact: true }).click();
    await this.page.getByRole('menuitem', { name, exact: true }).click();
  }

  /** The chip of one kind of reaction: `👍 2: you and Wen Zhou`. */
  reaction(text, emoji) {
    return this.message(text).getByRole('group', { name: 'Reactions' }).getByRole('button', { name: emoji });
  }

  // --- the header

  get menuButton() {
    return this.page.getByRole('button', { name: 'Room menu', exact: true });
  }

  async choose(item) {
    await this.menuButton.click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  /** Answers the question that a choice brought up. */
  async confirm(button) {
    await this.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
  }

  // --- members

  get members() {
    return this.page.getByRole('complementary', { name: 'Members' });
  }

  async openMembers() {
    await this.page.getByRole('button', { name: /^\d+ members?$/ }).click();
    await this.members.waitFor();
  }

  member(name) {
    return this.members.getByRole('listitem').filter({ hasText: name });
  }

  async chooseFor(name, item) {
    await this.members.getByRole('button', { name: `More for ${name}`, exact: true }).click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  // --- settings

  get settings() {
    return this.page.getByRole('complementary', { name: /settings/i });
  }

  async openSettings() {
    await this.choose('Room settings');
    await this.settings.waitFor();
  }
}
