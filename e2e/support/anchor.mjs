// Whether what one reads stands still.

import assert from 'node:assert/strict';

/**
 * Waits until the page stands still, then watches the topmost whole message frame by frame, until
 * told to end: nothing but the reader may move it. Changes have to be made good before they are painted.
 * Answers how far it moved at most.
 */
export async function watchAnchor(page) {
  await page.evaluate(() => new Promise((standsStill) => {
    const log = document.querySelector('[role=log]');
    const topmost = () => {
      const upper = log.getBoundingClientRect().top;
      return [...log.querySelectorAll('article')].find((article) => article.getBoundingClientRect().top >= upper);
    };
    // Messages of a long room begin with their number.
    const numberOf = (article) => article?.querySelector('.msg__body')?.textContent.slice(0, 12);
    const topOf = (number) => {
      const article = [...log.querySelectorAll('article')].find((known) => numberOf(known) === number);
      // Its text: the head of a run may go when the run turns out to begin earlier.
      return article ? article.querySelector('.msg__body').getBoundingClientRect().top : NaN;
    };
    const watch = { worst: 0, frames: 0, end: false };
    globalThis.anchorWatch = watch;
    let number = numberOf(topmost());
    let top = topOf(number);
    let still = 0;
    const look = () => {
      if (watch.end) return;
      const now = topOf(number);
      if (still < 12) {
        if (now === top && number) {
          still += 1;
        } else {
          number = numberOf(topmost());
          top = topOf(number);
          still = 0;
        }
        if (still === 12) {
          watch.number = number;
          standsStill();
        }
      } else {
        watch.frames += 1;
        const drift = Number.isNaN(now) ? Infinity : Math.abs(now - top);
        watch.worst = Math.max(watch.worst, drift);
      }
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }));
  return async () => {
    const watch = await page.evaluate(() => {
      globalThis.anchorWatch.end = true;
      return globalThis.anchorWatch;
    });
    assert.ok(watch.frames > 0, 'somebody looked');
    return watch;
  };
}
