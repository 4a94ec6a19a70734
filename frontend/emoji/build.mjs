// Makes emoji.json, what the page's picker shows and searches: `npm ci && node build.mjs` in this
// folder, when Unicode has new emoji. The page fetches the file when a picker first opens.
//
// One row an emoji, in Unicode's order:
//   [emoji, group, English name, Chinese name, shortcodes, further words to find it by, light]
// Words are in lower case, each once, with a space between; the Chinese ones also in pinyin, whole and by initials.
// `light` is the emoji with the lightest skin, where it has one: others by putting their tone in.

import { readFileSync, writeFileSync } from 'node:fs';
import { pinyin } from 'pinyin-pro';

const read = (name) => JSON.parse(readFileSync(new URL(`node_modules/emojibase-data/${name}.json`, import.meta.url)));

const COMPONENTS = 2; // skin tones and hair alone
const LIGHT = 1;

const chinese = new Map(read('zh/data').map((emoji) => [emoji.hexcode, emoji]));
const shortcodes = read('en/shortcodes/github');
const more = read('en/shortcodes/emojibase');

// As Unicode writes it: the sign that asks for a picture only after what would be text without it.
const written = (emoji) => emoji.replace(/(\p{Emoji_Presentation})\uFE0F/gu, '$1');
const list = (value) => (value === undefined ? [] : [value].flat());
const spelled = (words) =>
    words.flatMap((word) => {
        const syllables = pinyin(word, { toneType: 'none', type: 'array', nonZh: 'removed', v: true });
        return [syllables.join(''), syllables.map((syllable) => syllable[0]).join('')];
    });

const rows = read('en/data')
    .filter((emoji) => emoji.group !== undefined && emoji.group !== COMPONENTS)
    .sort((a, b) => a.order - b.order)
    .map((emoji) => {
        const zh = chinese.get(emoji.hexcode);
        const codes = [...new Set([...list(shortcodes[emoji.hexcode]), ...list(more[emoji.hexcode])])];
        const chineseWords = [zh.label, ...list(zh.tags)];
        const words = new Set([...list(emoji.tags), ...chineseWords, ...spelled(chineseWords)].join(' ').toLowerCase().split(/\s+/));
        for (const known of [...emoji.label.toLowerCase().split(' '), zh.label, ...codes, '']) words.delete(known);
        const light = emoji.skins?.find((skin) => skin.tone === LIGHT);
        return [written(emoji.emoji), emoji.group, emoji.label, zh.label, codes.join(' '), [...words].join(' '), written(light?.emoji ?? '')];
    });

writeFileSync(new URL('emoji.json', import.meta.url), `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`);
console.log(`${rows.length} emoji`);
