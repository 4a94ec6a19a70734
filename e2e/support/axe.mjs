// axe-core on what is on the screen.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const source = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
let program;

/** Once a person, before their page is opened: the policy of the page does not concern it so. */
export async function equip(person) {
  program ??= await readFile(source, 'utf8');
  await person.context.addInitScript({ content: program });
}

/** What axe finds wrong, a line for each rule and page. */
export async function violations(person, what) {
  return person.page.evaluate(async ([rules, page]) => {
    const result = await globalThis.axe.run(document, {
      runOnly: { type: 'tag', values: rules },
      resultTypes: ['violations'],
    });
    return result.violations.map(({ id, help, nodes }) => {
      const where = nodes.map((node) => node.target.join(' ')).join(' | ');
      return `${page}: ${id} (${help}): ${where}: ${nodes[0].failureSummary.replaceAll(/\s+/g, ' ')}`;
    });
  }, [RULES, what]);
}
