// The administrator's page.

import { eventually } from '../support/conditions.mjs';

export class Admin {
  constructor(person) {
    this.page = person.page;
    this.words = person.words;
  }

  async at(section = '') {
    await this.page.goto(`/admin${section ? `/${section}` : ''}`);
    await this.page.getByRole('heading', { level: 1 }).waitFor();
  }

  button(name) {
    return this.page.getByRole('button', { name, exact: true });
  }

  choice(name) {
    return this.page.getByRole('radio', { name, exact: true });
  }

  row(name) {
    return this.page.getByRole('row').filter({ hasText: name });
  }

  async chooseFor(name, item) {
    await this.button(`Actions for ${name}`).click();
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  async confirm(button) {
    await this.page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
  }

  async tellEveryone(text) {
    await this.at('notice');
    await this.page.getByLabel('What everybody should know').fill(text);
    await this.page.getByRole('main').getByRole('button', { name: 'Tell everyone', exact: true }).click();
    await this.confirm('Tell everyone');
  }

  /** Makes an invitation and answers its link. */
  async invite() {
    await this.at('invitations');
    await this.button('Make link').click();
    return this.#link('Invitation link');
  }

  async makeResetLink(name) {
    await this.at('people');
    await this.chooseFor(name, 'Make a reset link');
    return this.#link('Link');
  }

  async #link(label) {
    const field = this.page.getByRole('textbox', { name: label, exact: true });
    return eventually(async () => await field.inputValue() || false, 'the link');
  }
}
